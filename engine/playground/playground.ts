import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock, Random } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import { type DeliveryTree, SyncAgent } from './agent.ts';
import { answerApi, answerLoadTester } from './api.ts';
import { ClusterObjects } from './cluster-objects.ts';
import { LoadTester } from './load-tester.ts';
import { MeshMetrics } from './mesh-metrics.ts';
import { Mesh } from './mesh.ts';
import { parseServiceHost } from './service-host.ts';

export interface PlaygroundOptions {
  readonly tree: DeliveryTree;
  readonly clock: Clock;
  readonly random: Random;
  /** How much faster than real time `clock` runs. */
  readonly speed?: number;
  /** How often the agent looks at the branch, on `clock`. */
  readonly pollMs?: number;
  /** How long, in real time, a pod takes to listen unless its own READY_DELAY_MS says otherwise. */
  readonly readyDelayMs?: number;
  /** The port on loopback; any free one by default. */
  readonly port?: number;
  readonly heyPath?: string | undefined;
  readonly log?: Logger | undefined;
}

export interface Playground {
  /** `http://127.0.0.1:PORT`: the API, and the mesh for any other Host header. */
  readonly address: string;
  /** Starts a steady stream of user requests to a service; returns what stops it. */
  startUsers(url: URL, ratePerSecond: number): () => void;
  /** Ends every load, connection and process. */
  stop(): Promise<void>;
}

const LOAD_TESTER = 'flagger-loadtester';

/** A cluster in one process: API server, GitOps agent, mesh and load tester on loopback. */
export async function startPlayground(options: PlaygroundOptions): Promise<Playground> {
  const { clock, random, tree, speed = 1, pollMs = 5_000, port = 0, log } = options;
  const podEnv = { READY_DELAY_MS: String(options.readyDelayMs ?? 0) };
  const objects = new ClusterObjects({ clock, random, podEnv });
  const metrics = new MeshMetrics();
  const mesh = new Mesh(objects, metrics);
  const agent = new SyncAgent({ tree, objects, clock, pollMs, log });
  const server = createServer();
  const address = await listen(server, port);
  const loadTester = new LoadTester({ meshAddress: address, speed, heyPath: options.heyPath });
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { host, url } = destinationOf(request);
    if (host === undefined) return answerApi({ objects, agent, metrics }, request, response);
    const service = parseServiceHost(host);
    if (service === undefined) {
      request.resume();
      response.writeHead(404).end(`${host} is no service of this cluster\n`);
    } else if (service.service === LOAD_TESTER) {
      await answerLoadTester(loadTester, url, request, response);
    } else mesh.handle(service, url, request, response);
  };
  server.on('request', (request, response) => void answer(request, response));
  agent.start();
  return {
    address,
    startUsers: (url, ratePerSecond) => loadTester.startUsers(url, ratePerSecond),
    async stop() {
      loadTester.stop();
      await agent.stop();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
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

interface RequestDestination {
  /** Absent: the playground itself. */
  readonly host: string | undefined;
  readonly url: string;
}

/**
 * A request names its service by the Host header, or, for clients that cannot set it, by a path
 * `/services/<host>/…`.
 */
function destinationOf(request: IncomingMessage): RequestDestination {
  const url = request.url ?? '/';
  const match = /^\/services\/([^/?]+)(.*)$/.exec(url);
  if (match !== null) {
    const [, host, rest = ''] = match;
    return { host, url: rest.startsWith('/') ? rest : `/${rest}` };
  }
  const { host = '' } = request.headers;
  return { host: /^(127\.0\.0\.1|localhost)?(:\d+)?$/.test(host) ? undefined : host, url };
}
