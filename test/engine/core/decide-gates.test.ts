import { describe, expect, it } from 'vitest';
import { decide, dueQuestions } from '../../../engine/core/decide.ts';
import type { CheckKind, CheckResult, Observation } from '../../../engine/core/observation.ts';
import type { RolloutRecord } from '../../../engine/core/record.ts';
import type { WebhookType } from '../../../constructs/canary-spec.ts';
import {
  aRecord,
  aRunningRecord,
  aSpec,
  aStatus,
  aWebhook,
  anObservation,
  BASE,
  MINUTE_MS,
  PASSED,
  T0_MS,
  TIP,
} from '../../support/builders.ts';

const LATER_MS = T0_MS + MINUTE_MS;

/** One hook of each type, none of them where it would be asked first if the order were the list's. */
const TYPES: readonly WebhookType[] = [
  'post-rollout',
  'confirm-promotion',
  'confirm-traffic-increase',
  'rollout',
  'pre-rollout',
  'confirm-rollout',
  'rollback',
  'event',
];
const webhooks = TYPES.map((type) => aWebhook({ type, name: type }));
const hooked = aSpec({ webhooks });
const counted = aSpec({ webhooks, strategy: { kind: 'blue-green', iterations: 2 } });

function asked(spec: typeof hooked, record: RolloutRecord, nowMs: number, seen = anObservation()) {
  return dueQuestions(spec, record, seen, nowMs).map((question) =>
    question.kind === 'webhook' ? question.webhook.name : question.kind,
  );
}

function answer(kind: CheckKind, verdict: CheckResult['verdict']): CheckResult {
  return { kind, name: kind, verdict, detail: 'as it answered' };
}

/** Everything before the last answer passed. */
function seenWith(...checks: readonly CheckResult[]): Observation {
  return anObservation({ evaluation: { state: 'made', checks } });
}

const ready = aRunningRecord(
  { awaiting: 'canary-ready', weights: { primary: 100, canary: 0 } },
  { evaluations: 0 },
);
const waiting = aRecord({ phase: 'Waiting', awaiting: 'approval' });
const atTheTop = aRunningRecord({ weights: { primary: 50, canary: 50 } });

describe('the questions of a canary', () => {
  it.each<[string, typeof hooked, RolloutRecord, readonly string[]]>([
    ['that could start', hooked, aRecord(), ['confirm-rollout']],
    ['that waits for approval', hooked, waiting, ['confirm-rollout']],
    [
      'that is ready for its first requests',
      hooked,
      ready,
      ['rollback', 'pre-rollout', 'confirm-traffic-increase'],
    ],
    [
      'on a step',
      hooked,
      aRunningRecord(),
      ['rollback', 'rollout', 'metrics', 'confirm-traffic-increase'],
    ],
    [
      'on the last step',
      hooked,
      atTheTop,
      ['rollback', 'rollout', 'metrics', 'confirm-traffic-increase', 'confirm-promotion'],
    ],
    [
      'whose promotion waits for approval',
      hooked,
      { ...atTheTop, phase: 'WaitingPromotion' },
      ['rollback', 'rollout', 'metrics', 'confirm-promotion'],
    ],
    [
      'that is mirrored',
      hooked,
      aRunningRecord({ weights: { primary: 100, canary: 0 }, mirrored: true }),
      ['rollback', 'rollout', 'metrics'],
    ],
    [
      'between iterations',
      counted,
      aRunningRecord({ weights: { primary: 100, canary: 0 } }, { iterations: 1 }),
      ['rollback', 'rollout', 'metrics'],
    ],
    [
      'after all iterations, before it gets all traffic',
      counted,
      aRunningRecord({ weights: { primary: 100, canary: 0 } }, { iterations: 2 }),
      ['rollback', 'rollout', 'metrics', 'confirm-promotion'],
    ],
    [
      'that has all traffic',
      counted,
      aRunningRecord({ weights: { primary: 0, canary: 100 } }, { iterations: 3 }),
      ['rollback', 'rollout', 'metrics', 'confirm-promotion'],
    ],
    [
      'that has succeeded a moment ago',
      hooked,
      aRunningRecord({ phase: 'Succeeded', awaiting: 'revision' }, { hooksOwed: true }),
      ['post-rollout'],
    ],
  ])('%s are asked in Flagger’s order', (_, spec, record, names) => {
    expect(asked(spec, record, LATER_MS)).toEqual(names);
  });

  it.each([
    [
      'the primary is not ready',
      { primary: { state: 'found', status: aStatus({ availableReplicas: 0 }) } },
    ],
    ['the cluster does not have its workloads yet', { workloads: { state: 'behind', why: 'x' } }],
  ] as const)('are not asked while %s', (_, differing) => {
    for (const record of [aRecord(), waiting, ready, aRunningRecord()]) {
      expect(asked(hooked, record, LATER_MS, anObservation(differing))).toEqual([]);
    }
  });

  it('are not asked once more before an interval has passed, when nothing came of them', () => {
    const seen = anObservation({ asked: { atMs: LATER_MS } });
    for (const record of [waiting, ready, aRunningRecord()]) {
      expect(asked(hooked, record, LATER_MS + MINUTE_MS - 1, seen)).toEqual([]);
      expect(asked(hooked, record, LATER_MS + MINUTE_MS, seen)).not.toEqual([]);
    }
  });
});

describe('a closed gate', () => {
  it('keeps a revision from starting, in one commit and then in silence', () => {
    const closed = seenWith(answer('confirm-rollout', 'fail'));
    expect(decide(hooked, aRecord(), closed, LATER_MS)).toMatchObject({
      kind: 'halt',
      release: { revision: 'two' },
    });
    expect(decide(hooked, waiting, closed, LATER_MS)).toMatchObject({
      kind: 'wait',
      untilMs: LATER_MS + MINUTE_MS,
      closed: { kind: 'confirm-rollout' },
    });
    const open = seenWith(answer('confirm-rollout', 'pass'));
    expect(decide(hooked, waiting, open, LATER_MS)).toMatchObject({ kind: 'start', base: TIP });
  });

  it('lets whatever the source wants then be approved, and nothing when it wants nothing new', () => {
    const open = seenWith(answer('confirm-rollout', 'pass'));
    const three = { commit: '3', revision: 'three', configDigest: 'options-1' };
    expect(decide(hooked, waiting, { ...open, source: three }, LATER_MS)).toMatchObject({
      kind: 'start',
      release: { revision: 'three' },
    });
    const one = { commit: '1', revision: 'one', configDigest: 'options-1' };
    expect(decide(hooked, waiting, { ...open, source: one }, LATER_MS).kind).toBe('call-off');
  });

  it('is asked again for a newer revision in mid-run, once the traffic has left the old one', () => {
    const restarted = aRunningRecord(
      { awaiting: 'traffic-on-primary', weights: { primary: 100, canary: 0 } },
      { revision: 'two' },
    );
    expect(asked(hooked, restarted, LATER_MS)).toEqual(['confirm-rollout']);
    const closed = seenWith(answer('confirm-rollout', 'fail'));
    expect(decide(hooked, restarted, closed, LATER_MS).kind).toBe('halt');
    const open = seenWith(answer('confirm-rollout', 'pass'));
    expect(decide(hooked, restarted, open, LATER_MS)).toMatchObject({ kind: 'start', base: BASE });
  });

  it('before a traffic increase is a wait, and the weight stays', () => {
    const closed = seenWith(answer('metric', 'pass'), answer('confirm-traffic-increase', 'fail'));
    for (const record of [ready, aRunningRecord()]) {
      expect(decide(hooked, record, closed, LATER_MS)).toMatchObject({
        kind: 'wait',
        answered: true,
        closed: { kind: 'confirm-traffic-increase' },
      });
    }
  });

  it('is what is waited for until it is asked again', () => {
    const closed = answer('confirm-traffic-increase', 'fail');
    const seen = anObservation({ asked: { atMs: LATER_MS, closed } });
    expect(decide(hooked, aRunningRecord(), seen, LATER_MS + 1)).toMatchObject({
      kind: 'wait',
      closed,
      untilMs: LATER_MS + MINUTE_MS,
    });
  });

  it('before the promotion is told once, and the analysis goes on and can fail', () => {
    const closed = seenWith(answer('metric', 'pass'), answer('confirm-promotion', 'fail'));
    expect(decide(hooked, atTheTop, closed, LATER_MS).kind).toBe('halt-promotion');
    const halted = { ...atTheTop, phase: 'WaitingPromotion' } as const;
    expect(decide(hooked, halted, closed, LATER_MS).kind).toBe('wait');
    const failing = seenWith(answer('metric', 'fail'));
    expect(decide(hooked, halted, failing, LATER_MS).kind).toBe('check-failed');
    const open = seenWith(answer('metric', 'pass'), answer('confirm-promotion', 'pass'));
    expect(decide(hooked, halted, open, LATER_MS).kind).toBe('promote');
  });
});

describe('a rollback hook', () => {
  const signal = answer('rollback', 'fail');

  it.each([
    ['before the first requests', ready],
    ['on a step', aRunningRecord()],
    ['while the promotion waits', { ...atTheTop, phase: 'WaitingPromotion' } as const],
  ])('rolls back %s', (_, record) => {
    expect(decide(hooked, record, seenWith(signal), LATER_MS)).toMatchObject({
      kind: 'rollback',
      reason: 'manual webhook invoked',
      checks: [signal],
    });
  });
});

describe('a pre-rollout hook that fails', () => {
  it('is a failed check, and asked again one interval later', () => {
    const failing = seenWith(answer('pre-rollout', 'fail'));
    expect(decide(hooked, ready, failing, T0_MS)).toMatchObject({ kind: 'check-failed' });
    const failed = { ...ready, rollout: { ...ready.rollout, evaluations: 1 } } as RolloutRecord;
    expect(asked(hooked, failed, LATER_MS - 1)).toEqual([]);
    expect(asked(hooked, failed, LATER_MS)).toContain('pre-rollout');
  });
});

describe('post-rollout hooks', () => {
  const succeeded = aRunningRecord(
    { phase: 'Succeeded', awaiting: 'revision' },
    { hooksOwed: true, outcome: 'promoted' },
  );
  const failed = aRunningRecord(
    { phase: 'Failed', awaiting: 'traffic-on-primary' },
    { hooksOwed: true, outcome: 'failed' },
  );

  it.each(['pass', 'fail'] as const)('are called and written down when they %s', (verdict) => {
    const seen = seenWith(answer('post-rollout', verdict));
    expect(decide(hooked, succeeded, seen, LATER_MS)).toMatchObject({ kind: 'post-rollout' });
  });

  it('hold a new revision up until they have answered', () => {
    const evaluation = { state: 'pending', why: 'not yet', untilMs: LATER_MS } as const;
    expect(decide(hooked, succeeded, anObservation({ evaluation }), LATER_MS).kind).toBe('wait');
  });

  it('are called when a failed canary has been scaled down', () => {
    expect(asked(hooked, failed, LATER_MS)).toEqual([]);
    expect(decide(hooked, failed, anObservation(), LATER_MS).kind).toBe('clean-up');
    const cleaned = { ...failed, awaiting: 'revision' } as const;
    expect(asked(hooked, cleaned, LATER_MS)).toEqual(['post-rollout']);
  });

  it('are owed by every end of a rollout, if there are any', () => {
    const finalising = aRunningRecord({ phase: 'Finalising', awaiting: 'traffic-on-primary' });
    expect(decide(hooked, finalising, anObservation(), T0_MS)).toMatchObject({ hooksOwed: true });
    expect(decide(aSpec(), finalising, anObservation(), T0_MS)).not.toHaveProperty('hooksOwed');
    const beaten = aRunningRecord({}, { failedChecks: 5 });
    expect(decide(hooked, beaten, anObservation(), T0_MS)).toMatchObject({ hooksOwed: true });
  });
});

describe('a canary without analysis', () => {
  const skipping = { ...hooked, skipAnalysis: true };

  it('asks for the start and for nothing else', () => {
    expect(asked(skipping, aRecord(), LATER_MS)).toEqual(['confirm-rollout']);
    expect(asked(skipping, ready, LATER_MS)).toEqual([]);
    expect(asked(skipping, aRunningRecord(), LATER_MS)).toEqual([]);
  });

  it('is promoted in one commit once it is ready, whatever the primary does', () => {
    const primary = { state: 'found', status: aStatus({ availableReplicas: 0 }) } as const;
    const seen = anObservation({ primary });
    expect(decide(skipping, ready, seen, T0_MS).kind).toBe('skip-analysis');
    const open = { ...seen, evaluation: PASSED };
    expect(decide(skipping, aRecord(), open, T0_MS).kind).toBe('start');
  });

  it('that has traffic gives it back by way of the primary', () => {
    expect(decide(skipping, aRunningRecord(), anObservation(), T0_MS).kind).toBe('promote');
  });

  it('still waits for a canary that is not ready, and rolls one back that will not be', () => {
    const down = aStatus({ availableReplicas: 0, unavailableSinceMs: T0_MS });
    const seen = anObservation({ canary: { state: 'found', status: down } });
    expect(decide(skipping, ready, seen, T0_MS).kind).toBe('wait');
    expect(decide(skipping, ready, seen, T0_MS + MINUTE_MS + 1).kind).toBe('rollback');
  });
});

it('a change of who meets the canary takes the traffic back before it begins anew', () => {
  const record = aRunningRecord({}, { strategyDigest: 'another' });
  expect(decide(aSpec(), record, anObservation(), T0_MS)).toMatchObject({
    kind: 'restart',
    reason: 'the strategy changed',
    release: { revision: 'two' },
  });
});

it.each([
  ['a new canary', undefined],
  ['a canary at rest', aRecord()],
  ['a rollout that should be rolled back', aRunningRecord({}, { failedChecks: 5 })],
])('nothing is decided for %s that is suspended', (_, record) => {
  const suspended = { ...aSpec(), suspend: true };
  expect(decide(suspended, record, anObservation(), LATER_MS)).toMatchObject({
    kind: 'rest',
    why: expect.stringContaining('suspend'),
  });
});
