import { describe, expect, it } from 'vitest';
import { SAID_NOTHING } from '../../../engine/core/control.ts';
import { decide, isIdle } from '../../../engine/core/decide.ts';
import type { Observation, Removal } from '../../../engine/core/observation.ts';
import type { RolloutRecord } from '../../../engine/core/record.ts';
import { transition } from '../../../engine/core/transition.ts';
import type { Change } from '../../../engine/core/decision.ts';
import {
  aRecord,
  aRunningRecord,
  aSpec,
  aStatus,
  anObservation,
  MINUTE_MS,
  T0_MS,
} from '../../support/builders.ts';

const behind = { state: 'behind', why: 'not there yet' } as const;
const down = { state: 'found', status: aStatus({ availableReplicas: 0 }) } as const;

function seenLeaving(
  differing: Partial<Observation> = {},
  target: Removal['target'] = 'stays',
): Observation {
  const source = { commit: '3', revision: 'three', configDigest: 'options-1' };
  return anObservation({ ...differing, source: { ...source, removed: { target } } });
}

function kindFor(record: RolloutRecord | undefined, seen = seenLeaving(), nowMs = T0_MS): string {
  return decide(aSpec(), record, seen, nowMs).kind;
}

const RELEASE = { revision: 'three', source: '3' };
const TERMINATE = {
  kind: 'terminate',
  reason: 'x',
  release: RELEASE,
  configDigest: 'options-1',
} as const;

const terminating = (differing: Partial<RolloutRecord>) =>
  aRecord({ phase: 'Terminating', returned: RELEASE, ...differing });

const ON_TARGET = { primary: 0, canary: 100 };

describe('a canary that has left the source', () => {
  it.each(['Initialized', 'Succeeded', 'Failed'] as const)(
    'that was %s and at rest gives its target back what the source says',
    (phase) => {
      expect(kindFor(aRecord({ phase }))).toBe('terminate');
    },
  );

  it('is looked after although it is suspended', () => {
    const seen = seenLeaving();
    const suspended = aSpec({}, { suspend: true });
    expect(decide(suspended, aRecord(), seen, T0_MS).kind).toBe('terminate');
    const record = terminating({ awaiting: 'target-ready' });
    expect(isIdle(suspended, record, seen)).toBe(false);
  });

  it('in the middle of an analysis takes the traffic back first, and then cleans up', () => {
    expect(kindFor(aRunningRecord())).toBe('withdraw');
    const withdrawn = aRunningRecord(
      {
        phase: 'Initialized',
        awaiting: 'traffic-on-primary',
        weights: { primary: 100, canary: 0 },
      },
      { outcome: 'withdrawn' },
    );
    expect(kindFor(withdrawn, seenLeaving({ traffic: behind }))).toBe('wait');
    expect(kindFor(withdrawn)).toBe('clean-up');
  });

  it('in the middle of a promotion brings it to its end', () => {
    const promoting = aRunningRecord({ phase: 'Promoting', awaiting: 'primary-ready' });
    expect(kindFor(promoting, seenLeaving({ primary: down }))).toBe('wait');
    expect(kindFor(promoting)).toBe('shift');
    const finalising = aRunningRecord({ phase: 'Finalising', awaiting: 'traffic-on-primary' });
    expect(kindFor(finalising)).toBe('finish');
  });

  it('with a broken primary leaves the traffic where it is', () => {
    const failing = aRunningRecord(
      { phase: 'Failed', awaiting: 'primary-ready', weights: ON_TARGET },
      { outcome: 'failed' },
    );
    expect(kindFor(failing, seenLeaving({ primary: down }))).toBe('terminate');
    expect(after(failing, TERMINATE)).toMatchObject({
      phase: 'Terminating',
      weights: ON_TARGET,
    });
  });

  it('calls the hooks first that are still owed', () => {
    const owing = aRunningRecord({ phase: 'Succeeded', awaiting: 'revision' }, { hooksOwed: true });
    expect(kindFor(owing)).toBe('post-rollout');
  });

  it('before any route was open, leaves at once: nobody has met its primary', () => {
    expect(kindFor(aRecord({ phase: 'Initializing', awaiting: 'primary-ready' }))).toBe(
      'terminated',
    );
    expect(kindFor(aRecord({ phase: 'Initializing', awaiting: 'routing-live' }))).toBe('terminate');
  });

  it('ends a rollout that waits for its approval', () => {
    const waiting = aRunningRecord({ phase: 'Waiting', awaiting: 'approval' });
    expect(kindFor(waiting)).toBe('terminate');
    const { rollout } = after(waiting, TERMINATE);
    expect(rollout?.outcome).toBe('withdrawn');
  });

  it.each([
    ['at rest', aRecord()],
    ['with traffic', aRunningRecord()],
    ['half gone', terminating({ awaiting: 'traffic-on-target', weights: ON_TARGET })],
  ])('together with its target goes at once, %s', (_, record) => {
    expect(kindFor(record, seenLeaving({}, 'removed'))).toBe('terminated');
  });

  it('together with its target, and is paused, still loses its traffic: its pods may have gone', () => {
    const control = { ...SAID_NOTHING, paused: true };
    const seen = seenLeaving({ control, canary: down }, 'removed');
    expect(kindFor(aRunningRecord(), seen)).toBe('withdraw');
    const onTarget = terminating({ awaiting: 'traffic-on-target', weights: ON_TARGET });
    expect(kindFor(onTarget, seen)).toBe('return-to-primary');
    expect(kindFor(aRecord(), seen)).toBe('wait');
  });

  it('is held where the source says that its target is to have no replicas', () => {
    expect(kindFor(aRecord(), seenLeaving({}, 'idle'))).toBe('blocked');
    const record = terminating({ awaiting: 'target-ready' });
    expect(kindFor(record, seenLeaving({}, 'idle'))).toBe('blocked');
  });

  it('that is not on the branch is nothing to do for', () => {
    expect(kindFor(undefined)).toBe('rest');
  });
});

describe('the way out', () => {
  it('moves the traffic only once the target is given and ready', () => {
    const record = terminating({ awaiting: 'target-ready' });
    expect(kindFor(record, seenLeaving({ workloads: behind }))).toBe('wait');
    expect(kindFor(record, seenLeaving({ canary: down }))).toBe('wait');
    expect(kindFor(record)).toBe('move-to-target');
  });

  it('waits for an autoscaler until its deadline: a number in the source may hold it down for ever', () => {
    const least = { primary: 2, canary: 2 };
    const kind = 'HorizontalPodAutoscaler';
    const spec = aSpec({}, { autoscaler: { kind, name: 'reviews', primary: {}, least } });
    const status = aStatus({ desiredReplicas: 1, unscaledSinceMs: T0_MS });
    const seen = seenLeaving({ canary: { state: 'found', status } });
    const record = terminating({ awaiting: 'target-ready' });
    const kindAfter = (ms: number) => decide(spec, record, seen, T0_MS + ms).kind;
    expect(kindAfter(spec.progressDeadlineSeconds * 1_000)).toBe('wait');
    expect(kindAfter(spec.progressDeadlineSeconds * 1_000 + 1)).toBe('move-to-target');
  });

  it('takes the routes away only once the traffic has gone to the target', () => {
    const record = terminating({ awaiting: 'traffic-on-target', weights: ON_TARGET });
    expect(kindFor(record, seenLeaving({ traffic: behind }))).toBe('wait');
    expect(kindFor(record)).toBe('drop-routes');
  });

  it.each([
    terminating({ awaiting: 'target-ready' }),
    terminating({ awaiting: 'traffic-on-target', weights: ON_TARGET }),
  ])('follows the source: the target is a plain workload again (awaiting $awaiting)', (record) => {
    const { removed } = seenLeaving().source;
    const four = { commit: '4', revision: 'four', configDigest: 'options-2', removed };
    const seen = anObservation({ source: { ...four } as Observation['source'] });
    const decision = decide(aSpec(), record, seen, T0_MS);
    expect(decision).toMatchObject({ kind: 'terminate', release: { revision: 'four' } });
    expect(after(record, decision as Change)).toMatchObject({
      awaiting: record.awaiting,
      weights: record.weights,
      returned: { revision: 'four' },
      configDigest: 'options-2',
    });
  });

  it('goes back to the primary when the target loses its pods, whatever the proxies do', () => {
    const record = terminating({ awaiting: 'traffic-on-target', weights: ON_TARGET });
    const seen = seenLeaving({ canary: down, traffic: behind });
    expect(kindFor(record, seen)).toBe('return-to-primary');
    expect(kindFor(record, { ...seen, primary: down })).toBe('wait');
    const returned = after(record, { kind: 'return-to-primary', reason: 'x' });
    expect(returned).toMatchObject({ awaiting: 'target-ready', weights: { primary: 100 } });
  });

  it('keeps the primary for one interval after the routes have gone', () => {
    const record = terminating({ awaiting: 'routes-gone', weights: ON_TARGET });
    expect(kindFor(record, seenLeaving({ traffic: behind }), T0_MS + MINUTE_MS)).toBe('wait');
    expect(kindFor(record, seenLeaving(), T0_MS + MINUTE_MS - 1)).toBe('wait');
    expect(kindFor(record, seenLeaving(), T0_MS + MINUTE_MS)).toBe('terminated');
  });

  it('of a Service as target needs no track: the public Service is the target itself', () => {
    const spec = aSpec({}, { target: { apiVersion: 'v1', kind: 'Service', name: 'reviews' } });
    const canary = { state: 'unknown', why: 'no pods' } as const;
    const record = terminating({ awaiting: 'target-ready' });
    expect(decide(spec, record, seenLeaving({ canary }), T0_MS).kind).toBe('drop-routes');
  });
});

describe('a canary that comes back while it is being taken away', () => {
  it.each([
    terminating({ awaiting: 'target-ready' }),
    terminating({ awaiting: 'traffic-on-target', weights: ON_TARGET }),
    terminating({ awaiting: 'routes-gone', weights: ON_TARGET }),
  ])('takes the traffic again once its primary is ready (awaiting $awaiting)', (record) => {
    expect(decide(aSpec(), record, anObservation({ primary: down }), T0_MS).kind).toBe('wait');
    const decision = decide(aSpec(), record, anObservation(), T0_MS);
    expect(decision).toMatchObject({ kind: 'resume', configDigest: 'options-1' });
    expect(after(record, decision as Change)).toMatchObject({
      phase: 'Initializing',
      awaiting: 'routing-live',
      weights: { primary: 100, canary: 0 },
    });
  });
});

function after(record: RolloutRecord, change: Change): RolloutRecord {
  return transition(record.canary, record, change, T0_MS);
}
