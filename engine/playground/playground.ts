import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock, Random } from '../ports/clock.ts';
import { type DeliveryTree, SyncAgent } from './agent.ts';
import { ClusterObjects } from './cluster-objects.ts';
import { LoadTester } from './load-tester.ts';
import { MeshMetrics } from './mesh-metrics.ts';
import { Mesh, parseServiceHost } from './mesh.ts';

export interface PlaygroundOptions {
  readonly tree: DeliveryTree;
  readonly clock: Clock;
  readonly random: Random;
  /** How much faster than real time `clock` runs. */
  readonly speed?: number;
  /** How often the agent looks at the branch, on `clock`. */
  readonly pollMs?: number;
  /** The port on loopback; any free one by default. */
  readonly port?: number;
  readonly heyPath?: string | undefined;
}

export interface Playground {
  /** `http://127.0.0.1:PORT`: the API, and the mesh for any other Host header. */
  readonly address: string;
  /** Starts a steady stream of user requests to a service; returns what stops it. */
  startUsers(url: URL, ratePerSecond: number): () => void;
  stop(): Promise<void>;
}

const LOAD_TESTER = 'flagger-loadtester';
const BODY_BYTES_MAX = 64 * 1024;

/** A cluster in one process: API server, GitOps agent, mesh and load tester on loopback. */
export async function startPlayground(options: PlaygroundOptions): Promise<Playground> {
  const { clock, random, tree, speed = 1, pollMs = 5_000, port = 0 } = options;
  const objects = new ClusterObjects(clock, random);
  const metrics = new MeshMetrics();
  const mesh = new Mesh(objects, metrics);
  const agent = new SyncAgent({ tree, objects, clock, pollMs });
  const server = createServer();
  const address = await listen(server, port);
  const loadTester = new LoadTester({ meshAddress: address, speed, heyPath: options.heyPath });
  server.on('request', (request, response) => {
    const { host, path } = destinationOf(request);
    const service = parseServiceHost(host);
    if (service === undefined) void answerApi({ objects, agent, metrics }, path, response);
    else if (service.service === LOAD_TESTER) void answerLoadTester(loadTester, request, response);
    else mesh.handle(service, path, request, response);
  });
  agent.start();
  return {
    address,
    startUsers: (url, ratePerSecond) => loadTester.startUsers(url, ratePerSecond),
    async stop() {
      loadTester.stop();
      await agent.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      mesh.stop();
      await objects.stop();
    },
  };
}

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}

/**
 * A request names its service by the Host header, or, for clients that cannot set it, by a path
 * `/services/<host>/…`.
 */
function destinationOf(request: IncomingMessage): { readonly host: string; readonly path: string } {
  const path = request.url ?? '/';
  const match = /^\/services\/([^/]+)(\/.*)?$/.exec(path);
  if (match !== null) return { host: match[1] ?? '', path: match[2] ?? '/' };
  const host = request.headers.host ?? '';
  return { host: /^(127\.0\.0\.1|localhost)(:|$)/.test(host) ? 'api:' : host, path };
}

interface ApiParts {
  readonly objects: ClusterObjects;
  readonly agent: SyncAgent;
  readonly metrics: MeshMetrics;
}

async function answerApi(parts: ApiParts, path: string, response: ServerResponse): Promise<void> {
  const { objects, agent, metrics } = parts;
  const [, , kind = '', namespace = '', name = ''] = path.split('/');
  switch (path.startsWith('/api/') ? kind : path) {
    case 'deployments':
      return sendJson(response, objects.deployment(namespace, name));
    case 'routing':
      return sendJson(response, objects.routing(namespace, name));
    case 'sync':
      return sendJson(response, agent.state);
    case 'poke':
      agent.poke();
      return sendJson(response, { poked: true });
    case 'state':
      return sendJson(response, { sync: agent.state, ...objects.snapshot() });
    case '/metrics':
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
      response.end(await metrics.text());
      return;
    case '/healthz':
      response.writeHead(200).end('ok\n');
      return;
    default:
      response.writeHead(404).end(`no ${path} here; see docs/playground.md\n`);
  }
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

async function answerLoadTester(
  loadTester: LoadTester,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > BODY_BYTES_MAX) break;
  }
  const { status, text } = loadTester.handle(body);
  response.writeHead(status).end(`${text}\n`);
}
