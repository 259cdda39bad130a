import type { JsonObject } from '../constructs/manifest.ts';
import { parseManifestYaml } from '../constructs/manifest-yaml.ts';
import { createSystemClock, systemRandom } from '../engine/adapters/clock/system-clock.ts';
import type { EnginePorts } from '../engine/controller/engine-ports.ts';
import { runLoop } from '../engine/controller/loop.ts';
import { createSourceInterpreter } from '../engine/controller/source-interpreter.ts';
import type { WorkloadStatus } from '../engine/core/observation.ts';
import type { CommitDraft, DeliveryRepository } from '../engine/ports/delivery-repository.ts';
import { memberKey, sourceFiles, watchedFleet } from './fleet.ts';
import { openDelivery } from './workplace.ts';

/** What an engine showed while it looked after a fleet. */
export interface FleetRun {
  /** From a sample that fails to the revert on the remote, each. */
  readonly revertsMs: readonly number[];
  readonly evaluations: number;
  /** Of these, the ones that came no later than a second. */
  readonly onTime: number;
  readonly commits: number;
  readonly pushes: number;
  readonly rssBytes: number;
  readonly cpuMs: number;
  readonly durationMs: number;
}

/**
 * The real loop and real Git, in a world where every step is live at once: all canaries are under
 * analysis, at moments spread over an interval. Run as a process of its own, so that its memory is the
 * engine's: arguments are the repository, a folder for the clone, the canaries, the milliseconds of
 * their interval, the seconds that are measured once everybody was looked at, and the breaches.
 */
const [url = '', cacheFolder = '', ...numbers] = process.argv.slice(2);
const [count = 10, intervalMs = 10_000, seconds = 20, breaches = 5] = numbers.map(Number);

/** What an engine is set to without saying. */
const POLL_MS = 10_000;
const LATE_MS = 1_000;

async function watch(world: World): Promise<FleetRun> {
  const ending = new AbortController();
  const ports = world.ports();
  const { promise: looked, resolve: onPass } = Promise.withResolvers<unknown>();
  const loop = runLoop(ports, { pollMs: POLL_MS, signal: ending.signal, onPass });
  await looked;
  await ports.clock.sleep(intervalMs);
  const before = { cpu: process.cpuUsage(), atMs: performance.now(), ...world.counts };
  for (let breach = 0; breach < breaches; breach += 1) {
    await ports.clock.sleep((seconds * 1_000) / breaches);
    world.failing.add(memberKey(Math.floor(((breach + 0.5) / breaches) * count)));
  }
  const durationMs = performance.now() - before.atMs;
  const { user, system } = process.cpuUsage(before.cpu);
  const { evaluations, onTime, commits, pushes } = world.counts;
  const rssBytes = process.memoryUsage.rss();
  await ports.clock.sleep(intervalMs + 2_000);
  ending.abort();
  await loop;
  return {
    revertsMs: world.revertsMs,
    evaluations: evaluations - before.evaluations,
    onTime: onTime - before.onTime,
    commits: commits - before.commits,
    pushes: pushes - before.pushes,
    rssBytes,
    cpuMs: (user + system) / 1_000,
    durationMs,
  };
}

class World {
  readonly failing = new Set<string>();
  readonly revertsMs: number[] = [];
  readonly counts = { evaluations: 0, onTime: 0, commits: 0, pushes: 0 };
  readonly #delivery: DeliveryRepository;
  /** What the routes say, and since when, by `namespace/name`. */
  readonly #routes = new Map<string, { readonly spec: JsonObject; readonly sinceMs: number }>();
  readonly #failedAtMs = new Map<string, number>();
  #tip: string;

  constructor(delivery: DeliveryRepository, tip: string) {
    this.#delivery = delivery;
    this.#tip = tip;
  }

  /** The cluster has been given everything up to here. */
  async begin(): Promise<void> {
    const entries = await this.#delivery.list(this.#tip, 'traffic');
    const routes = entries.filter(({ path }) => ROUTE.test(path));
    const texts = await this.#delivery.read(routes.map(({ blob }) => blob));
    const nowMs = Date.now();
    for (const [index, { blob }] of routes.entries()) {
      // First checks are due at moments spread over one interval.
      this.#route(texts.get(blob) ?? '', nowMs - intervalMs * (1 - index / routes.length));
    }
  }

  ports(): EnginePorts {
    const keys = Array.from({ length: count }, (_, index) => memberKey(index));
    const files = keys.flatMap((key) =>
      sourceFiles(key.split('/')[1] ?? '', watchedFleet(intervalMs)),
    );
    const snapshot = { commit: 'a'.repeat(40), files };
    const ready = { state: 'found', status: READY } as const;
    return {
      source: { read: () => Promise.resolve({ kind: 'read', snapshot }) },
      interpret: createSourceInterpreter(),
      delivery: this.#watched(),
      workloads: { workload: () => Promise.resolve(ready) },
      sync: {
        synced: () => Promise.resolve({ state: 'synced', revision: this.#tip }),
        poke: () => Promise.resolve(),
      },
      traffic: {
        routing: ({ namespace, name }) => {
          const route = this.#routes.get(`${namespace}/${name}`);
          return Promise.resolve(
            route === undefined ? { state: 'missing' } : { state: 'found', ...route },
          );
        },
      },
      metrics: {
        measure: ({ namespace, workload }, { name }) => {
          const key = `${namespace}/${workload}`;
          if (name !== 'request-success-rate') {
            return Promise.resolve({ kind: 'value', value: 12, samples: 600 });
          }
          this.#countEvaluation(key);
          const isBad = this.failing.has(key);
          if (isBad && !this.#failedAtMs.has(key)) this.#failedAtMs.set(key, performance.now());
          return Promise.resolve({ kind: 'value', value: isBad ? 90 : 100, samples: 600 });
        },
        requests: () => Promise.resolve({ state: 'unmeasured', why: 'not counted here' }),
      },
      webhooks: { call: () => Promise.resolve({ kind: 'ok', status: 200 }) },
      clock: createSystemClock(),
      random: systemRandom,
      logger: { info() {}, warn: (message) => console.error(message), error: console.error },
    };
  }

  /** What is pushed is live at once. */
  #watched(): DeliveryRepository {
    const delivery = this.#delivery;
    return {
      refresh: () => delivery.refresh(),
      list: (commit, folder) => delivery.list(commit, folder),
      items: (commit, folder) => delivery.items(commit, folder),
      read: (blobs) => delivery.read(blobs),
      containment: (...asked) => delivery.containment(...asked),
      history: (query) => delivery.history(query),
      publish: async (drafts, onto) => {
        const outcome = await delivery.publish(drafts, onto);
        if (outcome.kind === 'pushed') this.#pushed(drafts, outcome.commits);
        return outcome;
      },
    };
  }

  /** The routes of a commit are those of the cluster. */
  #apply({ changes }: CommitDraft): void {
    for (const change of changes) {
      if (change.kind === 'write' && ROUTE.test(change.path)) this.#route(change.text, Date.now());
    }
  }

  #route(text: string, sinceMs: number): void {
    const { metadata, spec } = parseManifestYaml(text) as VirtualService;
    this.#routes.set(`${metadata.namespace}/${metadata.name}`, { spec, sinceMs });
  }

  #countEvaluation(key: string): void {
    const lateMs = Date.now() - (this.#routes.get(key)?.sinceMs ?? 0) - intervalMs;
    this.counts.evaluations += 1;
    if (lateMs <= LATE_MS) this.counts.onTime += 1;
  }

  #pushed(drafts: readonly CommitDraft[], commits: readonly string[]): void {
    this.counts.pushes += 1;
    this.counts.commits += commits.length;
    this.#tip = commits.at(-1) ?? this.#tip;
    for (const draft of drafts) {
      this.#apply(draft);
      const { message } = draft;
      const canary = /^Canary: (.*)$/m.exec(message)?.[1] ?? '';
      const failedAtMs = this.#failedAtMs.get(canary);
      if (failedAtMs === undefined || !message.includes('\nDecision: rollback\n')) continue;
      this.revertsMs.push(performance.now() - failedAtMs);
    }
  }
}

const ROUTE = /\/virtualservice-[^/]*$/;

interface VirtualService {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly spec: JsonObject;
}

const READY: WorkloadStatus = {
  generation: 1,
  observedGeneration: 1,
  desiredReplicas: 1,
  replicas: 1,
  updatedReplicas: 1,
  availableReplicas: 1,
  progressDeadlineExceeded: false,
};

const { delivery, tip = '' } = await openDelivery(url, cacheFolder);
const world = new World(delivery, tip);
await world.begin();
process.stdout.write(JSON.stringify(await watch(world)));
