import { expect, it } from 'vitest';
import type { EnginePorts } from '../../../engine/controller/engine-ports.ts';
import { EngineMemory } from '../../../engine/controller/memory.ts';
import { observe, type PassContext } from '../../../engine/controller/observe.ts';
import type { Containment } from '../../../engine/core/liveness.ts';
import type { ResolvedCanary } from '../../../engine/render/resolved-canary.ts';
import { aRunningRecord, anObservation, aSpec, aStatus, T0_MS } from '../../support/builders.ts';

const AWAITING_PODS = { awaiting: 'canary-ready' } as const;
const RECORD = aRunningRecord(AWAITING_PODS);
const TIP = 'a'.repeat(40);

/** What a rollout looks at while its commit is contained in what the agent has applied, or is not. */
async function lookedAt(containment: Containment, record = aRunningRecord(AWAITING_PODS)) {
  const asked: string[] = [];
  const ports = {
    clock: { nowMs: () => T0_MS },
    delivery: {
      containment: (...[, , , layer]: readonly string[]) => {
        asked.push(`whether ${layer} are applied`);
        return Promise.resolve(containment);
      },
      list: () => Promise.resolve([]),
      items: (_: string, above: string) =>
        Promise.resolve([{ name: 'reviews', id: `files-of-${above}`, isFolder: true }]),
    },
    workloads: {
      workload: (...[, , name, occasion]: readonly unknown[]) => {
        asked.push(`${String(name)} as of ${String(occasion)}`);
        return Promise.resolve({ state: 'found', status: aStatus({ updatedReplicas: 0 }) });
      },
    },
  };
  const synced = { state: 'synced', revision: TIP } as const;
  const context = {
    tip: TIP,
    sourceCommit: TIP,
    sync: { workloads: synced, traffic: synced, routes: synced },
    memory: new EngineMemory(),
    asks: 'nobody',
  };
  const { rejected, control } = anObservation();
  const canary = { key: record.canary, spec: aSpec(), revision: record.rollout?.revision };
  await observe(
    ports as unknown as EnginePorts,
    context as unknown as PassContext,
    canary as unknown as ResolvedCanary,
    record,
    { rejected, control },
  );
  return asked;
}

it('objects are looked at after the agent, no older than the files that it has applied', async () => {
  expect(await lookedAt('contained')).toEqual([
    'whether workloads are applied',
    'whether traffic are applied',
    'whether routes are applied',
    `reviews-primary as of files-of-workloads/default@${RECORD.lastTransitionMs}`,
    `reviews as of files-of-workloads/default@${RECORD.lastTransitionMs}`,
  ]);
});

it('a commit that changes the record alone is no occasion to look again', async () => {
  const later = aRunningRecord({ ...AWAITING_PODS, decidedAtMs: RECORD.decidedAtMs + 10_000 });
  expect(await lookedAt('contained', later)).toEqual(await lookedAt('contained', RECORD));
});

it('objects of a commit that is not applied yet may come from memory', async () => {
  expect((await lookedAt('behind')).slice(3)).toEqual([
    'reviews-primary as of undefined',
    'reviews as of undefined',
  ]);
});
