/**
 * One pod: a real HTTP server process. It stands for whatever image the Deployment names and
 * behaves as its environment says: VERSION, ERROR_RATE, LATENCY_MS, READY_DELAY_MS, CRASH.
 * `/ctl?err=0.2&lat=40` changes the two in a running pod, to break a canary within a step.
 * It imports nothing of the project, so that Node can start it as it is.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const { env } = process;
const version = env['VERSION'] ?? 'unknown';
const pod = env['POD_NAME'] ?? 'pod';
let errorRate = Number(env['ERROR_RATE'] ?? 0);
let latencyMs = Number(env['LATENCY_MS'] ?? 0);
const readyDelayMs = Number(env['READY_DELAY_MS'] ?? 0);

// The parent holds the other end: when it dies, however it dies, this process ends as well.
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();

if (env['CRASH'] === 'true') process.exit(1);

let requests = 0;

/** Errors are spread evenly, so that a rate of 0.05 is met in every twenty requests. */
function isError(): boolean {
  requests += 1;
  return Math.floor(requests * errorRate) > Math.floor((requests - 1) * errorRate);
}

/** What is not given stays as it is; the even spread of errors begins anew. */
function control(query: URLSearchParams): object {
  errorRate = Number(query.get('err') ?? errorRate);
  latencyMs = Number(query.get('lat') ?? latencyMs);
  requests = 0;
  return { version, pod, errorRate, latencyMs };
}

const server = createServer((request, response) => {
  request.resume();
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://pod');
  const answer = (status: number, body: object) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  if (pathname === '/ctl') {
    answer(200, control(searchParams));
    return;
  }
  const status = isError() ? 500 : 200;
  setTimeout(() => answer(status, { version, pod, path: request.url }), latencyMs);
});
// The mesh keeps its connections open; a server that closed an idle one would fail a request.
server.keepAliveTimeout = 0;
setTimeout(() => {
  server.listen(Number(env['POD_PORT'] ?? 0), env['POD_IP'] ?? '127.0.0.1', () => {
    process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`);
  });
}, readyDelayMs);
