import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { ClusterObjects, Endpoint } from './cluster-objects.ts';
import type { MeshMetrics } from './mesh-metrics.ts';

/** A host as a client in the cluster names it. */
export interface ServiceHost {
  readonly namespace: string;
  readonly service: string;
}

/** `reviews`, `reviews.default`, `reviews.default.svc.cluster.local`, each with or without port. */
export function parseServiceHost(host: string): ServiceHost | undefined {
  const match = /^([a-z0-9-]+)(?:\.([a-z0-9-]+))?(?:\.svc(?:\.cluster\.local)?)?(?::\d+)?$/.exec(
    host,
  );
  return match === null ? undefined : { service: match[1] ?? '', namespace: match[2] ?? 'default' };
}

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
    const service = this.#objects.resolve(host.namespace, host.service);
    if (service === undefined) {
      incoming.resume();
      outgoing.writeHead(404).end(`no service ${host.service} in namespace ${host.namespace}\n`);
      return;
    }
    const endpoint = this.#objects.endpoint(host.namespace, service);
    const count = (status: number) =>
      this.#metrics.count({
        namespace: host.namespace,
        service,
        workload: endpoint?.workload,
        status,
        durationMs: performance.now() - startMs,
      });
    if (endpoint === undefined) {
      incoming.resume();
      count(503);
      outgoing.writeHead(503).end(`no ready pod behind ${service}.${host.namespace}\n`);
      return;
    }
    this.#forward(endpoint, path, incoming, outgoing, count);
  }

  stop(): void {
    this.#agent.destroy();
  }

  #forward(
    { pod }: Endpoint,
    path: string,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    count: (status: number) => void,
  ): void {
    const { method, headers } = incoming;
    const { port } = pod;
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
      outgoing.writeHead(status, answer.headers);
      answer.pipe(outgoing);
      answer.on('end', () => count(status));
    });
    upstream.on('error', () => {
      count(503);
      if (!outgoing.headersSent) outgoing.writeHead(503);
      outgoing.end();
    });
    incoming.pipe(upstream);
  }
}
