import { createHash } from 'node:crypto';
import type { CanaryKey } from '../../../constructs/canary-spec.ts';
import {
  type CanaryState,
  KnownStates,
  readCanaryFiles,
} from '../../../engine/controller/delivery-state.ts';
import { committedRoute } from '../../../engine/controller/committed-route.ts';
import type { EnginePorts } from '../../../engine/controller/engine-ports.ts';
import { EngineMemory } from '../../../engine/controller/memory.ts';
import { createSourceInterpreter } from '../../../engine/controller/source-interpreter.ts';
import type { RolloutRecord } from '../../../engine/core/record.ts';
import type { Clock } from '../../../engine/ports/clock.ts';
import type { DeliveryRepository } from '../../../engine/ports/delivery-repository.ts';
import type { SourceOutcome } from '../../../engine/ports/source-reader.ts';
import { aStatus } from '../../support/builders.ts';
import { aCanaryFile, aDeploymentFile } from '../../support/manifests.ts';

export const CANARIES: readonly CanaryKey[] = Array.from(
  { length: 6 },
  (_, index): CanaryKey => `team-${index % 2}/app-${index}`,
);

/** Every third release is bad. */
export function isBad(version: number): boolean {
  return version % 3 === 0;
}

/** What the teams have released: a version of each canary, which only ever grows. */
export class Releases {
  readonly #versions: Map<CanaryKey, number>;

  constructor(canaries: readonly CanaryKey[] = CANARIES) {
    this.#versions = new Map(canaries.map((canary) => [canary, 1]));
  }

  versionOf(canary: CanaryKey): number {
    return this.#versions.get(canary) ?? 1;
  }

  release(canary: CanaryKey): void {
    this.#versions.set(canary, this.versionOf(canary) + 1);
  }

  /** Nothing more is to be done for the newest version. */
  isAtRest(canary: CanaryKey, record: RolloutRecord | undefined): boolean {
    if (record?.awaiting !== 'revision') return false;
    const number = record.rollout?.number ?? 0;
    return number === this.versionOf(canary) - 1 && record.phase !== 'Initializing';
  }

  read(): SourceOutcome {
    const versions = [...this.#versions];
    const files = versions.flatMap(([canary, version]) => {
      const [namespace = '', name = ''] = canary.split('/');
      const deployment = aDeploymentFile({ namespace, name, version: `v${version}` });
      return [
        { path: `${canary}/canary.yaml`, text: aCanaryFile({ namespace, name, threshold: 2 }) },
        { path: `${canary}/deployment.yaml`, text: deployment },
      ];
    });
    const commit = createHash('sha1').update(JSON.stringify(versions)).digest('hex');
    return { kind: 'read', snapshot: { commit, files } };
  }
}

export interface RaceEngine {
  readonly delivery: DeliveryRepository;
  readonly tip: () => Promise<string | undefined>;
  readonly releases: Releases;
  readonly clock: Clock;
  readonly random: () => number;
  /** How long it takes until what was read of the source arrives. */
  readonly sourceDelay: () => Promise<void>;
  readonly onPushed?: (commits: readonly string[]) => void;
}

/**
 * An engine's world without memory: the cluster has whatever the branch says, at once, and a bad
 * version fails its checks. What an engine decides follows from the branch and the releases alone.
 */
export function racePorts(engine: RaceEngine): EnginePorts {
  const { tip, releases, clock, random, sourceDelay } = engine;
  const delivery = watched(engine);
  const known = new KnownStates();
  const memory = new EngineMemory();
  const stateOf = async (canary: CanaryKey): Promise<CanaryState | undefined> =>
    (await known.at(delivery, await tip())).get(canary);
  const found = { state: 'found', status: aStatus() } as const;
  return {
    source: {
      async read() {
        const snapshot = releases.read();
        await sourceDelay();
        return snapshot;
      },
    },
    interpret: createSourceInterpreter(),
    delivery,
    workloads: { workload: () => Promise.resolve(found) },
    sync: {
      async synced() {
        const revision = await tip();
        return revision === undefined
          ? { state: 'unknown', why: 'new' }
          : { state: 'synced', revision };
      },
      poke: () => Promise.resolve(),
    },
    traffic: {
      async routing({ namespace, name }) {
        const canary: CanaryKey = `${namespace}/${name}`;
        const state = await stateOf(canary);
        const record = state?.kind === 'sound' ? state.record : undefined;
        const at = await tip();
        const route =
          at === undefined ? undefined : await committedRoute(delivery, memory, at, canary);
        return route === undefined
          ? { state: 'missing' }
          : { state: 'found', spec: route.spec, sinceMs: record?.decidedAtMs ?? 0 };
      },
    },
    metrics: {
      async measure({ namespace, workload }, { name }) {
        const canary: CanaryKey = `${namespace}/${workload}`;
        const files = await readCanaryFiles(delivery, await tip(), canary);
        const text = files.get(`workloads/${canary}/deployment-${workload}.yaml`) ?? '';
        const fails = isBad(Number(/:v(\d+)\n/.exec(text)?.[1]));
        const value = name === 'request-success-rate' ? (fails ? 95 : 100) : 12;
        return { kind: 'value', value, samples: 1_200 };
      },
      requests: () => Promise.resolve({ state: 'unmeasured', why: 'not counted here' }),
    },
    webhooks: { call: () => Promise.resolve({ kind: 'ok', status: 202 }) },
    clock,
    random: { next: random },
    logger: { info() {}, warn() {}, error() {} },
  };
}

function watched({ delivery, onPushed }: RaceEngine): DeliveryRepository {
  return {
    refresh: () => delivery.refresh(),
    list: (commit, folder) => delivery.list(commit, folder),
    items: (commit, folder) => delivery.items(commit, folder),
    read: (blobs) => delivery.read(blobs),
    containment: (...asked) => delivery.containment(...asked),
    history: (query) => delivery.history(query),
    async publish(drafts, onto) {
      const outcome = await delivery.publish(drafts, onto);
      if (outcome.kind === 'pushed') onPushed?.(outcome.commits);
      return outcome;
    },
  };
}
