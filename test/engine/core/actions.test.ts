import { describe, expect, it } from 'vitest';
import { type Action, controlAfter, type Situation } from '../../../engine/core/actions.ts';
import type { Control } from '../../../engine/core/control.ts';
import { aRecord, aRunningRecord, aSpec, T0_MS } from '../../support/builders.ts';

const nothing: Control = { paused: false, approvals: [] };
const rejection = { revision: 'two', source: 'x', reason: 'bad', rejectedAtMs: T0_MS, attempts: 2 };
const gated = aSpec({}, { gates: ['rollout', 'promotion'] });

function situation(differing: Partial<Situation> = {}): Situation {
  return { spec: gated, record: aRunningRecord(), rejected: [], revision: 'two', ...differing };
}

const waiting = { record: aRecord({ phase: 'Waiting', awaiting: 'approval' }) };
const settled = { record: aRecord(), revision: 'one' };
const failed = {
  record: aRunningRecord({ phase: 'Failed', awaiting: 'revision' }, { outcome: 'failed' }),
  rejected: [rejection],
};

function after(action: Action, differing: Partial<Situation> = {}, control: Control = nothing) {
  const outcome = controlAfter(control, action, situation(differing));
  return outcome.kind === 'written' ? outcome.control : outcome.why;
}

describe('what a person does', () => {
  it('pauses and resumes', () => {
    const paused = { paused: true, approvals: [] };
    expect(after({ kind: 'pause' })).toEqual(paused);
    expect(after({ kind: 'resume' }, {}, paused)).toEqual(nothing);
  });

  it('approves the revision that waits, and no other', () => {
    expect(after({ kind: 'approve', gate: 'rollout' }, waiting)).toMatchObject({
      approvals: [{ gate: 'rollout', revision: 'two' }],
    });
    expect(after({ kind: 'approve', gate: 'promotion' })).toMatchObject({
      approvals: [{ gate: 'promotion', revision: 'two' }],
    });
    const named = { kind: 'approve', gate: 'promotion', revision: 'three' } as const;
    expect(after(named)).toMatchObject({ approvals: [{ revision: 'three' }] });
  });

  it('approves once however often it is said', () => {
    const once = after({ kind: 'approve', gate: 'promotion' });
    expect(after({ kind: 'approve', gate: 'promotion' }, {}, once as Control)).toEqual(once);
  });

  it.each([
    ['the attempt under way', {}, { revision: 'two', attempt: 1 }],
    ['the revision that waits', waiting, { revision: 'two', attempt: 1 }],
    ['the revision that is about to begin', { record: aRecord() }, { revision: 'two', attempt: 1 }],
  ])('aborts and promotes %s', (_, differing, attempt) => {
    expect(after({ kind: 'abort' }, differing)).toMatchObject({ abort: attempt });
    expect(after({ kind: 'promote' }, differing)).toMatchObject({ promote: attempt });
  });

  it('tries a rejected revision once more, and what was said of it before is forgotten', () => {
    const control: Control = {
      paused: false,
      approvals: [{ gate: 'promotion', revision: 'two' }],
      abort: { revision: 'two', attempt: 2 },
    };
    expect(after({ kind: 'retry' }, failed, control)).toEqual({
      paused: false,
      approvals: [],
      retry: { revision: 'two', attempt: 3 },
    });
  });

  it('leaves out what the file says of revisions long gone', () => {
    const control: Control = {
      paused: false,
      approvals: [{ gate: 'rollout', revision: 'zero' }],
      abort: { revision: 'zero', attempt: 1 },
    };
    expect(after({ kind: 'pause' }, {}, control)).toEqual({ paused: true, approvals: [] });
  });
});

describe('what would mean nothing is refused:', () => {
  it.each<[string, Action, Partial<Situation>, RegExp]>([
    ['a gate nobody declared', { kind: 'approve', gate: 'traffic-increase' }, {}, /has no gate/],
    ['an approval of nothing', { kind: 'approve', gate: 'rollout' }, settled, /nothing waits/],
    ['an abort of nothing', { kind: 'abort' }, settled, /nothing can be aborted/],
    [
      'an abort after the promotion',
      { kind: 'abort' },
      { record: aRunningRecord({ phase: 'Finalising' }) },
      /nothing can be aborted: it is Finalising/,
    ],
    [
      'a promotion that is under way',
      { kind: 'promote' },
      { record: aRunningRecord({ phase: 'Promoting' }) },
      /nothing can be promoted/,
    ],
    ['an abort of what has failed', { kind: 'abort' }, failed, /nothing can be aborted/],
    ['a retry of what has not failed', { kind: 'retry' }, {}, /was not rejected/],
    [
      'a promotion of a canary without a primary',
      { kind: 'promote' },
      { record: aRecord({ phase: 'Initializing' }) },
      /nothing can be promoted: it is Initializing/,
    ],
  ])('%s', (_, action, differing, why) => {
    expect(after(action, differing)).toMatch(why);
  });
});
