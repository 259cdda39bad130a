import type { IncomingMessage, ServerResponse } from 'node:http';
import { isTree, type SyncAgent } from './agent.ts';
import type { ClusterObjects } from './cluster-objects.ts';
import type { LoadTester } from './load-tester.ts';
import type { MeshMetrics } from './mesh-metrics.ts';

export interface ApiParts {
  readonly objects: ClusterObjects;
  readonly agent: SyncAgent;
  readonly metrics: MeshMetrics;
}

const BODY_BYTES_MAX = 64 * 1024;

/** What the engine and people ask the playground itself. */
export async function answerApi(
  { objects, agent, metrics }: ApiParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  request.resume();
  const path = pathOf(request.url ?? '/');
  const [, , kind = '', namespace = '', name = '', last = ''] = path.split('/');
  switch (path.startsWith('/api/') ? kind : path) {
    case 'deployments':
      return sendJson(response, objects.workload('Deployment', namespace, name));
    case 'daemonsets':
      return sendJson(response, objects.workload('DaemonSet', namespace, name));
    case 'routing':
      return sendJson(response, objects.routing(namespace, name, last));
    case 'sync':
      if (!isTree(namespace)) return sendText(response, 404, `no tree ${namespace} here`);
      return sendJson(response, agent.state(namespace));
    case 'poke':
      if (request.method !== 'POST') return sendText(response, 405, 'POST it');
      agent.poke();
      return sendJson(response, { poked: true });
    case 'state':
      return sendJson(response, { sync: agent.states, ...objects.snapshot() });
    case '/metrics':
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
      response.end(await metrics.text());
      return;
    case '/healthz':
      return sendText(response, 200, 'ok');
    default:
      return sendText(response, 404, `no ${path} here; see docs/playground.md`);
  }
}

/** The load tester's own Service. */
export async function answerLoadTester(
  loadTester: LoadTester,
  url: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = pathOf(url);
  if (path !== '/' || request.method !== 'POST') {
    request.resume();
    return path === '/healthz'
      ? sendText(response, 200, 'OK')
      : sendText(response, 404, `${request.method} ${path} is not known here; POST / sends a load`);
  }
  const body = await readBody(request);
  if (body.kind === 'cut') return;
  if (body.kind === 'too-long') return sendText(response, 413, 'the payload is too long');
  const { status, text } = loadTester.handle(body.text);
  sendText(response, status, text);
}

type Body =
  | { readonly kind: 'read'; readonly text: string }
  | { readonly kind: 'too-long' }
  /** The client left: there is nobody to answer. */
  | { readonly kind: 'cut' };

function readBody(request: IncomingMessage): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
      else resolve({ kind: 'too-long' });
    });
    request.on('end', () => resolve({ kind: 'read', text: Buffer.concat(chunks).toString() }));
    request.on('error', () => resolve({ kind: 'cut' }));
    request.on('close', () => resolve({ kind: 'cut' }));
  });
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '/';
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(`${text}\n`);
}
