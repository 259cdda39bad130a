import { expect, it } from 'vitest';
import type { TargetRef } from '../../../constructs/canary-spec.ts';
import type { EnginePorts } from '../../../engine/controller/engine-ports.ts';
import { EngineMemory } from '../../../engine/controller/memory.ts';
import { observeTrack } from '../../../engine/controller/observe-workload.ts';
import type { EndpointsObservation, WorkloadStatus } from '../../../engine/core/observation.ts';
import type { RolloutRecord } from '../../../engine/core/record.ts';
import { aRecord, aRunningRecord, aSpec, aStatus, T0_MS } from '../../support/builders.ts';

const HOUR_MS = 3_600_000;
const daemonSet: TargetRef = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent' };

/** One engine that looks at the canary's workload. */
function anEngine(target: TargetRef, thresholds: { readonly canaryReadyThreshold?: number } = {}) {
  const memory = new EngineMemory();
  const asked: string[] = [];
  return {
    asked,
    async look(status: Partial<WorkloadStatus>, nowMs: number) {
      const ports = {
        clock: { nowMs: () => nowMs },
        workloads: {
          workload: (...[kind, namespace, name]: readonly string[]) => {
            asked.push([kind, namespace, name].join('/'));
            return Promise.resolve({ state: 'found', status: aStatus(status) });
          },
        },
      };
      const spec = aSpec(thresholds, { target });
      const seen = await observeTrack(ports as unknown as EnginePorts, memory, {
        spec,
        record: aRunningRecord(),
        track: 'canary',
        occasion: undefined,
      });
      return seen.state === 'found' ? seen.status.unavailableSinceMs : seen;
    },
  };
}

const short = { desiredReplicas: 3, updatedReplicas: 3, availableReplicas: 2 };
const whole = { desiredReplicas: 3, updatedReplicas: 3, availableReplicas: 3 };

it('a DaemonSet is unavailable since it was first seen short of pods, not since long before', async () => {
  const engine = anEngine(daemonSet);
  expect(await engine.look(whole, T0_MS)).toBeUndefined();
  expect(await engine.look(short, T0_MS + HOUR_MS)).toBe(T0_MS + HOUR_MS);
  expect(await engine.look(short, T0_MS + HOUR_MS + 30_000)).toBe(T0_MS + HOUR_MS);
  expect(await engine.look(whole, T0_MS + HOUR_MS + 40_000)).toBeUndefined();
  expect(await engine.look(short, T0_MS + HOUR_MS + 50_000)).toBe(T0_MS + HOUR_MS + 50_000);
  expect(engine.asked[0]).toBe('DaemonSet/default/agent');
});

it('a DaemonSet that was changed gets its whole deadline again', async () => {
  const engine = anEngine(daemonSet);
  await engine.look({ ...short, generation: 1 }, T0_MS);
  const later = T0_MS + HOUR_MS;
  expect(await engine.look({ ...short, generation: 2, observedGeneration: 2 }, later)).toBe(later);
});

it('a DaemonSet with as many pods as the threshold asks for is not short of any', async () => {
  const engine = anEngine(daemonSet, { canaryReadyThreshold: 60 });
  expect(await engine.look(short, T0_MS)).toBeUndefined();
  const fewer = { ...short, availableReplicas: 0 };
  expect(await engine.look(fewer, T0_MS + HOUR_MS)).toBe(T0_MS + HOUR_MS);
});

it('a Deployment says itself since when it is unavailable', async () => {
  const engine = anEngine({ apiVersion: 'apps/v1', kind: 'Deployment', name: 'reviews' });
  expect(await engine.look({ ...short, unavailableSinceMs: 7 }, T0_MS)).toBe(7);
  expect(await engine.look(short, T0_MS)).toBeUndefined();
});

it('a Service is not asked for: it has no pods of its own', async () => {
  const engine = anEngine({ apiVersion: 'v1', kind: 'Service', name: 'reviews' });
  expect(await engine.look(short, T0_MS)).toMatchObject({ state: 'unknown' });
  expect(engine.asked).toEqual([]);
});

const DEPLOYMENT: TargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'reviews' };

/** One look at a track whose Service leads to so many pods. */
async function lookBefore(
  track: 'primary' | 'canary',
  record: RolloutRecord,
  answer: EndpointsObservation,
  status: Partial<WorkloadStatus> = {},
) {
  const asked: string[] = [];
  const workload = { state: 'found', status: aStatus(status) };
  const ports = {
    clock: { nowMs: () => T0_MS },
    workloads: { workload: () => Promise.resolve(workload) },
    endpoints: {
      endpoints: (namespace: string, service: string) => {
        asked.push(`${namespace}/${service}`);
        return Promise.resolve(answer);
      },
    },
  };
  const looked = { spec: aSpec({}, { target: DEPLOYMENT }), record, track, occasion: undefined };
  const seen = await observeTrack(ports as unknown as EnginePorts, new EngineMemory(), looked);
  return { seen, asked };
}

const NONE: EndpointsObservation = { state: 'counted', ready: 0 };
const BEFORE_CANARY = aRunningRecord({ awaiting: 'canary-ready' });
const BEFORE_LEAVING = aRunningRecord({ phase: 'Terminating', awaiting: 'target-ready' });
const BEFORE_PRIMARY = aRecord({ phase: 'Initializing', awaiting: 'primary-ready' });

it.each([
  ['canary', BEFORE_CANARY, 'default/reviews-canary'],
  ['canary', BEFORE_LEAVING, 'default/reviews-canary'],
  ['primary', BEFORE_PRIMARY, 'default/reviews-primary'],
] as const)(
  'the Service of a %s is asked for before its first traffic ($1.awaiting)',
  async (...looked) => {
    const [track, record, service] = looked;
    const { seen, asked } = await lookBefore(track, record, NONE);
    expect(asked).toEqual([service]);
    expect(seen).toMatchObject({ state: 'found', status: { readyEndpoints: 0 } });
  },
);

it.each([
  ['canary that carries traffic', 'canary', aRunningRecord(), {}],
  ['primary while the canary is new', 'primary', BEFORE_CANARY, {}],
  ['canary without ready pods', 'canary', BEFORE_CANARY, { availableReplicas: 0 }],
] as const)('the Service of a %s is not asked for', async (_, track, record, status) => {
  const { seen, asked } = await lookBefore(track, record, NONE, status);
  expect(asked).toEqual([]);
  expect(seen).toEqual({ state: 'found', status: aStatus(status) });
});

it('nothing is known of a track while nobody says where its Service leads to', async () => {
  const unknown: EndpointsObservation = { state: 'unknown', why: 'the API server answered 403' };
  const { seen } = await lookBefore('canary', BEFORE_CANARY, unknown);
  expect(seen).toEqual(unknown);
});
