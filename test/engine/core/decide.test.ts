import { describe, expect, it } from 'vitest';
import { decide, dueQuestions } from '../../../engine/core/decide.ts';
import {
  aRecord,
  aRunningRecord,
  aSpec,
  aStatus,
  anObservation,
  BASE,
  FAILED,
  MINUTE_MS,
  PASSED,
  T0_MS,
  TIP,
} from '../../support/builders.ts';

const LATER_MS = T0_MS + MINUTE_MS;
const optionsTwo = { commit: '2'.repeat(40), revision: 'two', configDigest: 'options-2' };
const behind = { state: 'behind', why: 'not synced yet' } as const;
const down = aStatus({ availableReplicas: 0, updatedReplicas: 1 });
const failed = aStatus({ availableReplicas: 0, progressDeadlineExceeded: true });

/** The source wants the revision that the record of a canary at rest has promoted. */
function wantsOne(differing: Parameters<typeof anObservation>[0] = {}) {
  const source = { commit: '1'.repeat(40), revision: 'one', configDigest: 'options-1' };
  return anObservation({ source, ...differing });
}

describe('a canary that is new', () => {
  it('gets a primary with the revision of the source, before anything else', () => {
    const decision = decide(aSpec(), undefined, anObservation({ tip: undefined }), T0_MS);
    expect(decision).toMatchObject({ kind: 'create-primary', release: { revision: 'two' } });
  });

  it('gets the next revision when the first never becomes ready', () => {
    const record = aRecord({ phase: 'Initializing', awaiting: 'primary-ready' });
    const seen = anObservation({ primary: { state: 'found', status: failed } });
    expect(decide(aSpec(), record, seen, T0_MS)).toMatchObject({
      kind: 'create-primary',
      release: { revision: 'two' },
    });
  });

  it('moves no traffic while the primary is not ready', () => {
    const record = aRecord({ phase: 'Initializing', awaiting: 'primary-ready' });
    const seen = wantsOne({ primary: { state: 'found', status: down } });
    expect(decide(aSpec(), record, seen, T0_MS)).toMatchObject({ kind: 'wait' });
  });

  it('moves no traffic to Services that the cluster has not been given', () => {
    const record = aRecord({ phase: 'Initializing', awaiting: 'primary-ready' });
    const decision = decide(aSpec(), record, wantsOne({ traffic: behind }), T0_MS);
    expect(decision).toMatchObject({ kind: 'wait', notLiveYet: true });
  });

  it('is never taken down because its primary failed: a person is asked', () => {
    const record = aRecord({ phase: 'Initializing', awaiting: 'primary-ready' });
    const seen = wantsOne({ primary: { state: 'found', status: failed } });
    expect(decide(aSpec(), record, seen, T0_MS)).toMatchObject({ kind: 'blocked' });
  });

  it('routes everything to the primary once that is ready, and scales the target down last', () => {
    const waitsForPrimary = aRecord({ phase: 'Initializing', awaiting: 'primary-ready' });
    const waitsForRouting = aRecord({ phase: 'Initializing', awaiting: 'routing-live' });
    expect(decide(aSpec(), waitsForPrimary, wantsOne(), T0_MS).kind).toBe('open-routing');
    const notLive = wantsOne({ traffic: behind });
    expect(decide(aSpec(), waitsForRouting, notLive, T0_MS).kind).toBe('wait');
    expect(decide(aSpec(), waitsForRouting, wantsOne(), T0_MS).kind).toBe('initialized');
  });
});

describe('a canary at rest', () => {
  it('rests while the source wants the promoted revision', () => {
    const source = { ...anObservation().source, revision: 'one' };
    expect(decide(aSpec(), aRecord(), anObservation({ source }), T0_MS).kind).toBe('rest');
  });

  it('starts a rollout when the source wants another revision, with the tip as its base', () => {
    const decision = decide(aSpec(), aRecord(), anObservation(), T0_MS);
    expect(decision).toMatchObject({ kind: 'start', base: TIP, attempt: 1 });
  });

  it.each(['Initialized', 'Succeeded', 'Failed'] as const)('starts from %s', (phase) => {
    expect(decide(aSpec(), aRecord({ phase }), anObservation(), T0_MS).kind).toBe('start');
  });

  it('does not try a rejected revision again', () => {
    const rejected = [
      { revision: 'two', source: 'x', reason: '95% < 99%', rejectedAtMs: T0_MS, attempts: 1 },
    ];
    const decision = decide(
      aSpec(),
      aRecord({ phase: 'Failed' }),
      anObservation({ rejected }),
      T0_MS,
    );
    expect(decision).toMatchObject({ kind: 'blocked', why: expect.stringContaining('95% < 99%') });
  });

  it('holds a new revision back while the primary is not ready', () => {
    const seen = anObservation({ primary: { state: 'found', status: down } });
    expect(decide(aSpec(), aRecord(), seen, T0_MS).kind).toBe('wait');
  });

  it('carries changed options over without a rollout', () => {
    const source = { commit: 'x', revision: 'one', configDigest: 'options-2' };
    const decision = decide(aSpec(), aRecord(), anObservation({ source }), T0_MS);
    expect(decision).toMatchObject({ kind: 'reconcile', configDigest: 'options-2' });
  });
});

describe('a rollout', () => {
  it('takes the first step as soon as the canary is ready', () => {
    const weights = { primary: 100, canary: 0 };
    const record = aRunningRecord({ awaiting: 'canary-ready', weights }, { evaluations: 0 });
    expect(decide(aSpec(), record, anObservation(), T0_MS)).toMatchObject({
      kind: 'advance',
      weights: { primary: 90, canary: 10 },
    });
  });

  it('judges a step one interval after it became live, not after it was committed', () => {
    const traffic = { state: 'live', sinceMs: T0_MS + 30_000 } as const;
    const seen = anObservation({ traffic });
    const dueMs = T0_MS + 30_000 + MINUTE_MS;
    expect(decide(aSpec(), aRunningRecord(), seen, dueMs - 1)).toMatchObject({
      kind: 'wait',
      untilMs: dueMs,
    });
    expect(dueQuestions(aSpec(), aRunningRecord(), seen, dueMs - 1)).toEqual([]);
    expect(dueQuestions(aSpec(), aRunningRecord(), seen, dueMs)).toEqual([{ kind: 'metrics' }]);
  });

  it('is not judged while the step is not live', () => {
    const seen = anObservation({ traffic: behind });
    expect(dueQuestions(aSpec(), aRunningRecord(), seen, LATER_MS * 2)).toEqual([]);
    expect(decide(aSpec(), aRunningRecord(), seen, LATER_MS * 2).kind).toBe('wait');
  });

  it('goes one step up when every check passed', () => {
    const seen = anObservation({ evaluation: PASSED });
    expect(decide(aSpec(), aRunningRecord(), seen, LATER_MS)).toMatchObject({
      kind: 'advance',
      weights: { primary: 70, canary: 30 },
      reason: 'step 3 of 5, 2 checks passed',
    });
  });

  it('promotes when the last step passed', () => {
    const record = aRunningRecord({ weights: { primary: 50, canary: 50 } });
    const seen = anObservation({ evaluation: PASSED });
    expect(decide(aSpec(), record, seen, LATER_MS).kind).toBe('promote');
  });

  it.each(['fail', 'inconclusive', 'error'] as const)(
    'counts a check whose verdict is %s, and keeps the weight',
    (verdict) => {
      const name = 'request-success-rate';
      const checks = [{ kind: 'metric', name, verdict, detail: 'what was seen' } as const];
      const seen = anObservation({ evaluation: { state: 'made', checks } });
      expect(decide(aSpec(), aRunningRecord(), seen, LATER_MS)).toMatchObject({
        kind: 'check-failed',
        reason: 'request-success-rate what was seen',
      });
    },
  );

  it('waits, without counting, while the metrics source has not seen a whole window', () => {
    const evaluation = { state: 'pending', why: 'watching', untilMs: LATER_MS + 5 } as const;
    const decision = decide(aSpec(), aRunningRecord(), anObservation({ evaluation }), LATER_MS);
    expect(decision).toMatchObject({ kind: 'wait', why: 'watching', untilMs: LATER_MS + 5 });
  });

  it('is rolled back once as many checks failed as the threshold says, before any other check', () => {
    const record = aRunningRecord({}, { failedChecks: 5 });
    const seen = anObservation({ workloads: behind, traffic: behind });
    expect(decide(aSpec(), record, seen, T0_MS).kind).toBe('rollback');
  });

  it('is rolled back when the canary passes its progress deadline', () => {
    const record = aRunningRecord({
      awaiting: 'canary-ready',
      weights: { primary: 100, canary: 0 },
    });
    const status = aStatus({ availableReplicas: 0, unavailableSinceMs: T0_MS });
    const seen = anObservation({ canary: { state: 'found', status } });
    expect(decide(aSpec(), record, seen, T0_MS + 60_000).kind).toBe('wait');
    expect(decide(aSpec(), record, seen, T0_MS + 60_001).kind).toBe('rollback');
  });

  it('is rolled back at once when the canary carries traffic without a ready pod', () => {
    const seen = anObservation({ canary: { state: 'found', status: down } });
    expect(decide(aSpec(), aRunningRecord(), seen, T0_MS)).toMatchObject({
      kind: 'rollback',
      reason: 'no ready pod while 20% of the traffic goes to it',
    });
  });

  it.each([
    ['the sync of its workloads is stuck', { workloads: behind }],
    ['the sync agent does not answer', { workloads: { state: 'unknown', why: 'x' } }],
    ['its step is not live', { traffic: behind }],
    ['its options are about to change', { source: { ...optionsTwo } }],
  ] as const)('loses its pods and its traffic even while %s', (_, differing) => {
    const seen = anObservation({ canary: { state: 'found', status: down }, ...differing });
    expect(decide(aSpec(), aRunningRecord(), seen, T0_MS).kind).toBe('rollback');
    expect(dueQuestions(aSpec(), aRunningRecord(), seen, LATER_MS)).toEqual([]);
  });

  it('is rolled back at once when its Deployment is gone though its workloads are synced', () => {
    const seen = anObservation({ canary: { state: 'missing' } });
    expect(decide(aSpec(), aRunningRecord(), seen, T0_MS).kind).toBe('rollback');
  });

  it('is waited for when the cluster was made anew during the step, until its progress deadline', () => {
    const status = { ...down, startingSinceMs: T0_MS + 1_000, unavailableSinceMs: T0_MS + 1_000 };
    const seen = anObservation({ canary: { state: 'found', status } });
    expect(decide(aSpec(), aRunningRecord(), seen, T0_MS + 61_000).kind).toBe('wait');
    expect(decide(aSpec(), aRunningRecord(), seen, T0_MS + 61_001).kind).toBe('rollback');
  });

  it('is rolled back at once when it never was complete, and was enough for its threshold', () => {
    const status = { ...down, startingSinceMs: T0_MS - 1_000 };
    const seen = anObservation({ canary: { state: 'found', status } });
    expect(decide(aSpec(), aRunningRecord(), seen, T0_MS).kind).toBe('rollback');
  });

  it.each([
    ['nobody knows how many pods are ready', { state: 'unknown', why: 'x' }],
    [
      'the status is older than the object',
      { state: 'found', status: { ...down, generation: 2, observedGeneration: 1 } },
    ],
  ] as const)('keeps its traffic while %s and the workloads are behind', (_, canary) => {
    const seen = anObservation({ workloads: behind, canary });
    expect(decide(aSpec(), aRunningRecord(), seen, T0_MS).kind).toBe('wait');
  });

  it('is rolled back when the primary fails', () => {
    const seen = anObservation({ primary: { state: 'found', status: failed } });
    expect(decide(aSpec(), aRunningRecord(), seen, T0_MS).kind).toBe('rollback');
  });

  it('does not believe a readiness that belongs to the previous workloads', () => {
    const record = aRunningRecord({
      awaiting: 'canary-ready',
      weights: { primary: 100, canary: 0 },
    });
    const seen = anObservation({ workloads: behind, canary: { state: 'found', status: failed } });
    expect(decide(aSpec(), record, seen, T0_MS)).toEqual({
      kind: 'wait',
      why: behind.why,
      notLiveYet: true,
    });
  });

  it('takes traffic back before a newer revision replaces the canary', () => {
    const source = { commit: '3', revision: 'three', configDigest: 'options-1' };
    const seen = anObservation({ source });
    expect(decide(aSpec(), aRunningRecord(), seen, T0_MS)).toMatchObject({
      kind: 'restart',
      release: { revision: 'three' },
    });
    const restarted = aRunningRecord(
      { awaiting: 'traffic-on-primary', weights: { primary: 100, canary: 0 } },
      { revision: 'three' },
    );
    expect(decide(aSpec(), restarted, anObservation({ source, traffic: behind }), T0_MS).kind).toBe(
      'wait',
    );
    expect(decide(aSpec(), restarted, seen, T0_MS)).toMatchObject({ kind: 'start', base: BASE });
  });

  it('is withdrawn when the source returns to the promoted revision', () => {
    const source = { ...anObservation().source, revision: 'one' };
    const decision = decide(aSpec(), aRunningRecord(), anObservation({ source }), T0_MS);
    expect(decision.kind).toBe('withdraw');
  });

  it('takes changed options in before it goes on', () => {
    const source = { ...anObservation().source, configDigest: 'options-2' };
    const seen = anObservation({ source, evaluation: PASSED });
    expect(decide(aSpec(), aRunningRecord(), seen, LATER_MS).kind).toBe('reconcile');
  });
});

describe('a promotion', () => {
  const promoting = aRunningRecord({
    phase: 'Promoting',
    awaiting: 'primary-ready',
    weights: { primary: 50, canary: 50 },
  });

  it('keeps the traffic where it is until the new primary is ready', () => {
    const seen = anObservation({ primary: { state: 'found', status: down } });
    expect(decide(aSpec(), promoting, seen, T0_MS).kind).toBe('wait');
  });

  it('shifts all traffic at once by default', () => {
    expect(decide(aSpec(), promoting, anObservation(), T0_MS)).toMatchObject({
      kind: 'shift',
      weights: { primary: 100, canary: 0 },
    });
  });

  it('shifts by stepWeightPromotion, one interval per step', () => {
    const spec = aSpec({ stepWeightPromotion: 30 });
    expect(decide(spec, promoting, anObservation(), T0_MS)).toMatchObject({
      weights: { primary: 80, canary: 20 },
    });
    const shifting = aRunningRecord({
      phase: 'Promoting',
      awaiting: 'shift-live',
      weights: { primary: 80, canary: 20 },
    });
    expect(decide(spec, shifting, anObservation(), LATER_MS - 1)).toMatchObject({
      kind: 'wait',
      untilMs: LATER_MS,
    });
    expect(decide(spec, shifting, anObservation(), LATER_MS)).toMatchObject({
      weights: { primary: 100, canary: 0 },
    });
  });

  it('that fails keeps the traffic on the canary until the primary is restored', () => {
    const seen = anObservation({ primary: { state: 'found', status: failed } });
    expect(decide(aSpec(), promoting, seen, T0_MS).kind).toBe('fail-promotion');
    const failing = aRunningRecord({ phase: 'Failed', awaiting: 'primary-ready' });
    expect(decide(aSpec(), failing, anObservation(), T0_MS).kind).toBe('return-traffic');
  });

  it('is undone, primary included, when the canary breaks down meanwhile', () => {
    const seen = anObservation({
      primary: { state: 'found', status: down },
      canary: { state: 'found', status: down },
    });
    expect(decide(aSpec(), promoting, seen, T0_MS)).toMatchObject({
      kind: 'rollback',
      restorePrimary: true,
    });
  });

  it('is finished once the shift is live', () => {
    const finalising = aRunningRecord({ phase: 'Finalising', awaiting: 'traffic-on-primary' });
    expect(decide(aSpec(), finalising, anObservation({ traffic: behind }), T0_MS).kind).toBe(
      'wait',
    );
    expect(decide(aSpec(), finalising, anObservation(), T0_MS).kind).toBe('finish');
  });
});

it('scales a failed canary down only when no traffic reaches it any more', () => {
  const record = aRunningRecord({ phase: 'Failed', awaiting: 'traffic-on-primary' });
  expect(decide(aSpec(), record, anObservation({ traffic: behind }), T0_MS).kind).toBe('wait');
  expect(decide(aSpec(), record, anObservation(), T0_MS).kind).toBe('clean-up');
});

it('answers with plain data', () => {
  const decision = decide(
    aSpec(),
    aRunningRecord(),
    anObservation({ evaluation: FAILED }),
    LATER_MS,
  );
  expect(JSON.parse(JSON.stringify(decision))).toEqual(decision);
  expect(structuredClone(decision)).toEqual(decision);
});
