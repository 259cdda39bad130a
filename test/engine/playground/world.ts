import { request } from 'node:http';
import { createSystemClock } from '../../../engine/adapters/clock/system-clock.ts';
import type { Cluster } from '../../../engine/ports/cluster.ts';
import { createPlaygroundCluster } from '../../../engine/adapters/cluster/playground-cluster.ts';
import type { WorkloadStatus } from '../../../engine/core/observation.ts';
import type { DeliveryTree } from '../../../engine/playground/agent.ts';
import {
  type Playground,
  type PlaygroundOptions,
  startPlayground,
} from '../../../engine/playground/playground.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import { createDice } from '../../simulation/random.ts';

type Files = Readonly<Record<string, string | undefined>>;

/** A delivery branch in memory that a test commits to. */
export class Branch implements DeliveryTree {
  /** Set while the branch cannot be read. */
  outage: string | undefined;
  readonly #files = new Map<string, string>();
  #commit = 0;

  /** Adds and changes files; `undefined` deletes one. */
  commit(files: Files): void {
    for (const [path, text] of Object.entries(files)) {
      if (text === undefined) this.#files.delete(path);
      else this.#files.set(path, text);
    }
    this.#commit += 1;
  }

  get head(): string {
    return String(this.#commit).padStart(40, '0');
  }

  tip(): Promise<string | undefined> {
    if (this.outage !== undefined) return Promise.reject(new Error(this.outage));
    return Promise.resolve(this.#commit === 0 ? undefined : this.head);
  }

  files(_: string, folder: string): Promise<ReadonlyMap<string, string>> {
    const below = [...this.#files].filter(([path]) => path.startsWith(`${folder}/`));
    return Promise.resolve(new Map(below));
  }
}

/** Real time that a test can push forward. */
export class LeapingClock implements Clock {
  readonly #real = createSystemClock();
  #leapMs = 0;

  nowMs(): number {
    return this.#real.nowMs() + this.#leapMs;
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return this.#real.sleep(durationMs, signal);
  }

  leap(durationMs: number): void {
    this.#leapMs += durationMs;
  }
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A running playground, the branch it follows, and the adapter that watches it. */
export interface World {
  readonly branch: Branch;
  readonly clock: LeapingClock;
  readonly playground: Playground;
  readonly cluster: Cluster;
  /** Commits, and waits until the cluster has it. */
  deliver(files: Files): Promise<void>;
  /** A request as a client in the cluster makes it: by the Host header. */
  get(host: string, path?: string): Promise<Answer>;
  post(url: string, body: string): Promise<Answer>;
  statusOf(name: string): Promise<WorkloadStatus | undefined>;
  /** Waits until a Deployment is out in full. */
  ready(name: string): Promise<void>;
  pids(): Promise<readonly number[]>;
  /** The mesh's count of requests whose labels match. */
  counted(labels: Readonly<Record<string, string>>): Promise<number>;
}

export async function startWorld(options: Partial<PlaygroundOptions> = {}): Promise<World> {
  const branch = new Branch();
  const clock = new LeapingClock();
  const random = createDice(7);
  const playground = await startPlayground({ tree: branch, clock, random, pollMs: 50, ...options });
  const cluster = createPlaygroundCluster(playground.address);
  const statusOf = async (name: string) => {
    const observed = await cluster.workloads.workload('Deployment', 'default', name);
    return observed.state === 'found' ? observed.status : undefined;
  };
  return {
    branch,
    clock,
    playground,
    cluster,
    statusOf,
    async deliver(files) {
      branch.commit(files);
      await cluster.sync.poke(['workloads', 'traffic']);
      await until(async () => {
        const sync = await cluster.sync.synced('traffic');
        return sync.state === 'synced' && sync.revision === branch.head;
      });
    },
    get: (host, path = '/x') => get(playground.address, host, path),
    async post(url, body) {
      const target = cluster.resolveServiceUrl(new URL(url));
      const answer = await fetch(target, { method: 'POST', body });
      return { status: answer.status, body: await answer.text() };
    },
    ready: (name) => until(async () => isOut(await statusOf(name))),
    async pids() {
      const answer = await fetch(`${playground.address}/api/state`);
      const { workloads } = (await answer.json()) as {
        readonly workloads: Readonly<Record<string, { readonly pids: readonly number[] }>>;
      };
      return Object.values(workloads).flatMap(({ pids }) => pids);
    },
    async counted(labels) {
      const text = await (await fetch(new URL('/metrics', playground.address))).text();
      const wanted = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
      return text
        .split('\n')
        .filter((line) => line.startsWith('istio_requests_total{'))
        .filter((line) => wanted.every((label) => line.includes(label)))
        .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
    },
  };
}

function isOut(status: WorkloadStatus | undefined): boolean {
  return (
    status !== undefined &&
    status.availableReplicas === status.desiredReplicas &&
    status.updatedReplicas === status.desiredReplicas &&
    status.replicas === status.desiredReplicas
  );
}

export function get(address: string, host: string, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(address, { path, headers: { host } }, (answer) => {
      let body = '';
      answer.on('data', (chunk) => (body += String(chunk)));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

export async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  for (let attempt = 0; attempt < 800; attempt += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('it did not come to pass');
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

export function aServiceFile(name: string, app: string): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: default}\nspec: {selector: {app: ${app}}}\n`;
}

export function aRouteFile(primary: number, canary: number): string {
  const destination = (track: string, weight: number) =>
    `{destination: {host: reviews-${track}}, weight: ${weight}}`;
  return (
    'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: reviews, namespace: default}\n' +
    `spec: {hosts: [reviews], http: [{route: [${destination('primary', primary)}, ${destination('canary', canary)}]}]}\n`
  );
}

export const SERVICES: Readonly<Record<string, string>> = {
  'traffic/a.yaml': aServiceFile('reviews', 'reviews-primary'),
  'traffic/p.yaml': aServiceFile('reviews-primary', 'reviews-primary'),
  'traffic/c.yaml': aServiceFile('reviews-canary', 'reviews-canary'),
};
