import { describe, expect, it } from 'vitest';
import type { Gate } from '../../../constructs/canary-spec.ts';
import {
  type Control,
  type ControlObservation,
  SAID_NOTHING,
} from '../../../engine/core/control.ts';
import { decide, dueQuestions } from '../../../engine/core/decide.ts';
import type { RolloutRecord } from '../../../engine/core/record.ts';
import {
  aRecord,
  aRunningRecord,
  aSpec,
  aStatus,
  aWebhook,
  anObservation,
  MINUTE_MS,
  PASSED,
  T0_MS,
} from '../../support/builders.ts';

const LATER_MS = T0_MS + MINUTE_MS;
const path = 'rollouts/default/reviews/control.yaml';
const damaged: ControlObservation = { state: 'damaged', path, why: 'no version' };

function saying(control: Partial<Control>): ControlObservation {
  return { state: 'read', paused: false, approvals: [], ...control };
}

const paused = saying({ paused: true });
const down = aStatus({ availableReplicas: 0 });
const waiting = aRecord({ phase: 'Waiting', awaiting: 'approval' });
const ready = aRunningRecord(
  { awaiting: 'canary-ready', weights: { primary: 100, canary: 0 } },
  { evaluations: 0 },
);
const initializing = (awaiting: RolloutRecord['awaiting']) =>
  aRecord({ phase: 'Initializing', awaiting, promoted: { revision: 'two', source: '2' } });
const promoting = aRunningRecord({ phase: 'Promoting', awaiting: 'primary-ready' });
const finalising = aRunningRecord({
  phase: 'Finalising',
  awaiting: 'traffic-on-primary',
  weights: { primary: 100, canary: 0 },
});

describe.each([
  ['paused', paused, 'wait'],
  ['under a control file that nobody can read', damaged, 'blocked'],
] as const)('a canary that is %s', (_, control, kind) => {
  it.each<[string, RolloutRecord]>([
    ['opens no routes', initializing('primary-ready')],
    ['scales down no target that is new to it', initializing('routing-live')],
    ['starts nothing', aRecord()],
    ['takes no first step', ready],
    ['takes no further step', aRunningRecord()],
    ['shifts nothing', promoting],
    ['finishes nothing', finalising],
  ])('%s', (__, record) => {
    const seen = anObservation({ control, evaluation: PASSED });
    expect(decide(aSpec(), record, seen, LATER_MS).kind).toBe(kind);
    const { evaluation: ___, ...unanswered } = seen;
    expect(dueQuestions(aSpec(), record, unanswered, LATER_MS)).toEqual([]);
  });

  it.each<[string, RolloutRecord, Partial<ReturnType<typeof anObservation>>, string]>([
    [
      'a pod is missing',
      aRunningRecord(),
      { canary: { state: 'found', status: down } },
      'rollback',
    ],
    ['the threshold is reached', aRunningRecord({}, { failedChecks: 5 }), {}, 'rollback'],
    [
      'the source takes the revision back',
      aRunningRecord(),
      { source: { commit: '1', revision: 'one', configDigest: 'options-1' } },
      'withdraw',
    ],
    [
      'a newer revision comes',
      aRunningRecord(),
      { source: { commit: '3', revision: 'three', configDigest: 'options-1' } },
      'restart',
    ],
    [
      'it has failed and is to be scaled down',
      aRunningRecord({ phase: 'Failed', awaiting: 'traffic-on-primary' }, { outcome: 'failed' }),
      {},
      'clean-up',
    ],
  ])('still loses its traffic when %s', (__, record, differing, expected) => {
    const seen = anObservation({ control, ...differing });
    expect(decide(aSpec(), record, seen, LATER_MS).kind).toBe(expected);
  });
});

it('a control file that nobody can read names itself and what to do', () => {
  expect(decide(aSpec(), aRecord(), anObservation({ control: damaged }), T0_MS)).toMatchObject({
    why: expect.stringContaining(path),
    remedy: expect.stringContaining(path),
  });
});

describe('an abort', () => {
  const of = (revision: string, attempt = 1) => saying({ abort: { revision, attempt } });

  it.each<[string, RolloutRecord, string]>([
    ['rolls an analysis back', aRunningRecord(), 'rollback'],
    ['rolls a promotion back', promoting, 'rollback'],
    ['turns a revision down that waits', waiting, 'reject'],
    ['turns a revision down before it begins', aRecord(), 'reject'],
    ['comes too late for a promoted primary', finalising, 'finish'],
  ])('%s', (_, record, kind) => {
    const seen = anObservation({ control: of('two') });
    expect(decide(aSpec(), record, seen, T0_MS).kind).toBe(kind);
  });

  it('restores the primary that has the revision already', () => {
    const seen = anObservation({ control: of('two') });
    expect(decide(aSpec(), promoting, seen, T0_MS)).toMatchObject({ restorePrimary: true });
  });

  it.each([
    ['another revision', of('three')],
    ['another attempt', of('two', 2)],
  ])('of %s does nothing', (_, control) => {
    const seen = anObservation({ control });
    expect(decide(aSpec(), aRunningRecord(), seen, T0_MS).kind).toBe('wait');
  });
});

describe('a retry', () => {
  const rejected = [
    { revision: 'two', source: 'x', reason: 'bad', rejectedAtMs: T0_MS, attempts: 1 },
  ];
  const asking = (attempt: number) =>
    anObservation({ rejected, control: saying({ retry: { revision: 'two', attempt } }) });
  const failed = aRunningRecord({ phase: 'Failed', awaiting: 'revision' }, { outcome: 'failed' });

  it('lets one attempt more begin', () => {
    expect(decide(aSpec(), failed, asking(2), T0_MS)).toMatchObject({ kind: 'start', attempt: 2 });
  });

  it('lets no further one begin', () => {
    expect(decide(aSpec(), failed, asking(1), T0_MS).kind).toBe('blocked');
  });
});

describe('a promotion by hand', () => {
  const control = saying({ promote: { revision: 'two', attempt: 1 } });

  it('asks nothing and promotes by the ordinary way where users meet the canary', () => {
    expect(dueQuestions(aSpec(), aRunningRecord(), anObservation({ control }), LATER_MS)).toEqual(
      [],
    );
    expect(decide(aSpec(), aRunningRecord(), anObservation({ control }), T0_MS)).toMatchObject({
      kind: 'promote',
      reason: 'promoted by control.yaml',
    });
  });

  it('is one commit where nobody does', () => {
    const decision = decide(aSpec(), ready, anObservation({ control }), T0_MS);
    expect(decision.kind).toBe('skip-analysis');
  });
});

describe('a gate that people open', () => {
  const gated = (...gates: readonly Gate[]) => aSpec({ metrics: [] }, { gates });
  const approving = (...approvals: Control['approvals']) =>
    anObservation({ control: saying({ approvals }) });

  it('keeps a revision waiting until it is approved, and that revision alone', () => {
    const spec = gated('rollout');
    expect(decide(spec, aRecord(), anObservation(), T0_MS).kind).toBe('halt');
    expect(decide(spec, waiting, anObservation(), T0_MS).kind).toBe('wait');
    const other = approving({ gate: 'rollout', revision: 'three' });
    expect(decide(spec, waiting, other, T0_MS).kind).toBe('wait');
    const approved = approving({ gate: 'rollout', revision: 'two' });
    expect(decide(spec, waiting, approved, T0_MS)).toMatchObject({
      kind: 'start',
      checks: [{ kind: 'confirm-rollout', verdict: 'pass' }],
    });
  });

  it('holds the weight up to the one that was approved', () => {
    const spec = gated('traffic-increase');
    const upTo = (weight: number) =>
      approving({ gate: 'traffic-increase', revision: 'two', weight });
    expect(decide(spec, aRunningRecord(), upTo(30), LATER_MS)).toMatchObject({
      kind: 'advance',
      weights: { canary: 30 },
    });
    expect(decide(spec, aRunningRecord(), upTo(29), LATER_MS)).toMatchObject({
      kind: 'wait',
      why: expect.stringContaining('serin approve default/reviews traffic-increase'),
    });
  });

  it('of traffic is not asked where none is added', () => {
    const top = aRunningRecord({ weights: { primary: 50, canary: 50 } });
    expect(decide(gated('traffic-increase'), top, anObservation(), LATER_MS).kind).toBe('promote');
  });

  it('of traffic is asked before blue/green routes everything to the canary', () => {
    const spec = { ...gated('traffic-increase') };
    const strategy = { kind: 'blue-green', iterations: 1 } as const;
    const counted = { ...spec, analysis: { ...spec.analysis, strategy } };
    const done = aRunningRecord({ weights: { primary: 100, canary: 0 } }, { iterations: 1 });
    expect(decide(counted, done, anObservation(), LATER_MS).kind).toBe('wait');
  });

  it('holds the promotion up, and the hooks behind it are not called', () => {
    const webhooks = [aWebhook({ type: 'confirm-promotion' })];
    const spec = aSpec({ metrics: [], webhooks }, { gates: ['promotion'] });
    const top = aRunningRecord({ weights: { primary: 50, canary: 50 } });
    expect(dueQuestions(spec, top, anObservation(), LATER_MS)).toEqual([]);
    expect(decide(spec, top, anObservation(), LATER_MS).kind).toBe('halt-promotion');
    const approved = approving({ gate: 'promotion', revision: 'two' });
    expect(dueQuestions(spec, top, approved, LATER_MS)).toHaveLength(2);
  });

  it('that nobody declared is open', () => {
    expect(decide(aSpec(), aRecord(), anObservation({ control: SAID_NOTHING }), T0_MS).kind).toBe(
      'start',
    );
  });
});
