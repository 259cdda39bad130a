/**
 * One pod: a real HTTP server process. It stands for whatever image the Deployment names and
 * behaves as its environment says: VERSION, ERROR_RATE, LATENCY_MS, READY_DELAY_MS, CRASH.
 * It imports nothing of the project, so that Node can start it as it is.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const { env } = process;
const version = env['VERSION'] ?? 'unknown';
const pod = env['POD_NAME'] ?? 'pod';
const errorRate = Number(env['ERROR_RATE'] ?? 0);
const latencyMs = Number(env['LATENCY_MS'] ?? 0);
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

const server = createServer((request, response) => {
  request.resume();
  const status = isError() ? 500 : 200;
  setTimeout(() => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ version, pod, path: request.url }));
  }, latencyMs);
});
server.keepAliveTimeout = 0;
setTimeout(() => {
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`);
  });
}, readyDelayMs);
