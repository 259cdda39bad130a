import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { committedRoute } from '../../engine/controller/committed-route.ts';
import type { EnginePorts } from '../../engine/controller/engine-ports.ts';
import { EngineMemory } from '../../engine/controller/memory.ts';
import { readCanaryFiles, readStates } from '../../engine/controller/delivery-state.ts';
import { createSourceInterpreter } from '../../engine/controller/source-interpreter.ts';
import type { RolloutRecord } from '../../engine/core/record.ts';
import { packageFile } from '../../engine/cli/package-file.ts';
import type { BareClone } from '../../engine/adapters/git/bare-clone.ts';
import { createGitDeliveryRepository } from '../../engine/adapters/git/git-delivery-repository.ts';
import type { DeliveryRepository } from '../../engine/ports/delivery-repository.ts';
import { aStatus, T0_MS } from '../support/builders.ts';

export const BRANCH = 'delivery/test';
const CANARY = 'default/reviews';
const EXAMPLES = packageFile('examples', 'reviews');
const MINUTE_MS = 60_000;

/**
 * The seed's canary in a world without memory: the cluster has whatever the tip says, at once, and
 * the clock stands one minute after the newest commit. Everything is a function of the delivery
 * branch, so an engine that is killed anywhere must produce the same commits, to the byte.
 */
export async function instantPorts(clone: BareClone): Promise<EnginePorts> {
  const identity = { name: 'Serin', email: 'serin@localhost' };
  const delivery = createGitDeliveryRepository({
    clone,
    branch: BRANCH,
    author: identity,
    committer: identity,
  });
  const refreshed = await delivery.refresh();
  if (refreshed.kind !== 'fresh') throw new Error(`the branch cannot be read: ${refreshed.why}`);
  const { tip } = refreshed;
  const record = await recordAt(delivery, tip);
  const nowMs = (record?.decidedAtMs ?? T0_MS) + MINUTE_MS;
  const target = await targetText(delivery, tip);
  const found = { state: 'found', status: aStatus() } as const;
  return {
    source: { read: () => Promise.resolve(sourceFor(record)) },
    interpret: createSourceInterpreter(),
    delivery,
    workloads: { workload: () => Promise.resolve(found) },
    sync: {
      synced: () =>
        Promise.resolve(
          tip === undefined ? { state: 'unknown', why: 'new' } : { state: 'synced', revision: tip },
        ),
      poke: () => Promise.resolve(),
    },
    traffic: {
      async routing() {
        const route = await committedRoute(delivery, new EngineMemory(), tip ?? '', CANARY);
        return route === undefined
          ? { state: 'missing' }
          : { state: 'found', spec: route.spec, sinceMs: record?.decidedAtMs ?? T0_MS };
      },
    },
    metrics: {
      measure: (_, { name }) => {
        const isBad = target.includes('reviews-v3') && name === 'request-success-rate';
        const value = name === 'request-success-rate' ? (isBad ? 95 : 100) : 12;
        return Promise.resolve({ kind: 'value', value, samples: 1200 });
      },
      requests: () => Promise.resolve({ state: 'unmeasured', why: 'not counted here' }),
    },
    webhooks: { call: () => Promise.resolve({ kind: 'ok', status: 202 }) },
    clock: { nowMs: () => nowMs, sleep: () => Promise.resolve() },
    random: { next: () => 0 },
    logger: { info() {}, warn() {}, error() {} },
  };
}

export async function recordAt(
  delivery: DeliveryRepository,
  tip: string | undefined,
): Promise<RolloutRecord | undefined> {
  const state = (await readStates(delivery, tip)).get(CANARY);
  return state?.kind === 'sound' ? state.record : undefined;
}

export function isEnd(record: RolloutRecord | undefined): boolean {
  return record?.phase === 'Failed' && record.awaiting === 'revision';
}

async function targetText(delivery: DeliveryRepository, tip: string | undefined): Promise<string> {
  const files = await readCanaryFiles(delivery, tip, CANARY);
  return files.get(`workloads/${CANARY}/deployment-reviews.yaml`) ?? '';
}

/** The team releases v2 once v1 is up, and v3 once v2 is promoted. */
function sourceFor(
  record: RolloutRecord | undefined,
): Awaited<ReturnType<EnginePorts['source']['read']>> {
  const version = versionFor(record);
  const files = ['canary.yaml', `deployment-v${version}.yaml`].map((path) => ({
    path,
    text: readFileSync(join(EXAMPLES, path), 'utf8'),
  }));
  const commit = String(version).repeat(40);
  return { kind: 'read', snapshot: { commit, files } };
}

function versionFor(record: RolloutRecord | undefined): 1 | 2 | 3 {
  if (record === undefined || record.phase === 'Initializing') return 1;
  const number = record.rollout?.number ?? 0;
  if (number === 2 || record.phase === 'Succeeded') return 3;
  return 2;
}
