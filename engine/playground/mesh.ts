import {
  Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream';
import type { ClusterObjects, Endpoint } from './cluster-objects.ts';
import type { MeshMetrics } from './mesh-metrics.ts';
import type { ServiceHost } from './service-host.ts';

/** What Istio notes for a client that left before there was an answer. */
const CLIENT_LEFT = 0;

/** They speak of one connection, and the mesh has two: the client's and the pod's. */
const CONNECTION_HEADERS = ['connection', 'keep-alive', 'proxy-connection', 'upgrade'];

/** Routes each request by the weights in force, hands it to a ready pod, and counts it. */
export class Mesh {
  readonly #objects: ClusterObjects;
  readonly #metrics: MeshMetrics;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 256 });

  constructor(objects: ClusterObjects, metrics: MeshMetrics) {
    this.#objects = objects;
    this.#metrics = metrics;
  }

  handle(
    host: ServiceHost,
    path: string,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): void {
    const startMs = performance.now();
    const to = this.#objects.resolve(host);
    if (to === undefined) {
      incoming.resume();
      outgoing.writeHead(404).end(`no service ${host.service} in namespace ${host.namespace}\n`);
      return;
    }
    const endpoint = this.#objects.endpoint(to);
    const count = (status: number) =>
      this.#metrics.count({
        namespace: to.namespace,
        service: to.service,
        workload: endpoint?.workload,
        status,
        durationMs: performance.now() - startMs,
      });
    if (endpoint === undefined) {
      incoming.resume();
      count(503);
      outgoing.writeHead(503).end(`no ready pod behind ${to.service}.${to.namespace}\n`);
      return;
    }
    this.#forward(endpoint, path, incoming, outgoing, count);
  }

  stop(): void {
    this.#agent.destroy();
  }

  /** The pod stays until its request has ended, one way or another, and that is counted once. */
  #forward(
    { pod, port }: Endpoint,
    path: string,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    count: (status: number) => void,
  ): void {
    const release = pod.acquire();
    let isOver = false;
    const end = (status: number) => {
      if (isOver) return;
      isOver = true;
      release();
      count(status);
    };
    const { method } = incoming;
    const headers = withoutConnection(incoming.headers);
    const upstream = request({
      host: '127.0.0.1',
      port,
      path,
      method,
      headers,
      agent: this.#agent,
    });
    upstream.on('response', (answer) => {
      const status = answer.statusCode ?? 502;
      outgoing.writeHead(status, withoutConnection(answer.headers));
      pipeline(answer, outgoing, () => end(status));
    });
    upstream.on('error', () => {
      end(503);
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(503).end(`${pod.name} did not answer\n`);
    });
    outgoing.on('close', () => {
      if (outgoing.writableFinished) return;
      end(outgoing.headersSent ? outgoing.statusCode : CLIENT_LEFT);
      upstream.destroy();
    });
    incoming.pipe(upstream);
  }
}

function withoutConnection(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !CONNECTION_HEADERS.includes(name)),
  );
}
