import { describe, expect, it } from 'vitest';
import type { Change } from '../../../engine/core/decision.ts';
import { InternalError } from '../../../engine/core/errors.ts';
import { transition } from '../../../engine/core/transition.ts';
import {
  aRecord,
  aRunningRecord,
  BASE,
  FAILED,
  MINUTE_MS,
  PASSED,
  T0_MS,
} from '../../support/builders.ts';

const NOW_MS = T0_MS + MINUTE_MS;
const key = 'default/reviews';
const two = { revision: 'two', source: '2'.repeat(40) };
const reason = 'because';
const checks = PASSED.state === 'made' ? PASSED.checks : [];
const failedChecks = FAILED.state === 'made' ? FAILED.checks : [];

const start: Change = {
  kind: 'start',
  reason,
  release: two,
  attempt: 1,
  base: BASE,
  configDigest: 'options-2',
  strategyDigest: 'canary',
};

describe('the record after a decision', () => {
  it('of a new canary has the promoted revision and no rollout', () => {
    const change = { kind: 'create-primary', reason, release: two, configDigest: 'o' } as const;
    expect(transition(key, undefined, change, NOW_MS)).toMatchObject({
      phase: 'Initializing',
      awaiting: 'primary-ready',
      promoted: two,
      lastTransitionMs: NOW_MS,
    });
  });

  it('numbers the rollouts of a canary', () => {
    const first = transition(key, aRecord(), start, NOW_MS);
    expect(first.rollout).toMatchObject({ number: 1, base: BASE, baseConfigDigest: 'options-1' });
    const rolledBack = { kind: 'rollback', reason, restorePrimary: false } as const;
    const again = transition(key, first, rolledBack, NOW_MS);
    expect(transition(key, again, start, NOW_MS).rollout?.number).toBe(2);
  });

  it('counts evaluations and failed checks, and a passed one resets nothing', () => {
    const failed = transition(
      key,
      aRunningRecord(),
      { kind: 'check-failed', reason, checks: failedChecks },
      NOW_MS,
    );
    expect(failed.rollout).toMatchObject({ failedChecks: 1, evaluations: 2 });
    const weights = { primary: 70, canary: 30 };
    const advanced = transition(key, failed, { kind: 'advance', reason, weights, checks }, NOW_MS);
    expect(advanced.rollout).toMatchObject({ failedChecks: 1, evaluations: 3 });
  });

  it('keeps the time of the last transition within a phase', () => {
    const weights = { primary: 70, canary: 30 };
    const advanced = transition(
      key,
      aRunningRecord(),
      { kind: 'advance', reason, weights },
      NOW_MS,
    );
    expect(advanced).toMatchObject({ lastTransitionMs: T0_MS, decidedAtMs: NOW_MS });
  });

  it('makes the rollout what is promoted only when it is finished', () => {
    const promoting = transition(key, aRunningRecord(), { kind: 'promote', reason }, NOW_MS);
    expect(promoting).toMatchObject({ phase: 'Promoting', promoted: { revision: 'one' } });
    const weights = { primary: 100, canary: 0 };
    const shifted = transition(key, promoting, { kind: 'shift', reason, weights }, NOW_MS);
    expect(shifted).toMatchObject({ phase: 'Finalising', awaiting: 'traffic-on-primary' });
    const finished = transition(key, shifted, { kind: 'finish', reason }, NOW_MS);
    expect(finished).toMatchObject({ phase: 'Succeeded', promoted: two });
  });

  it('stays Promoting while the shift is under way', () => {
    const promoting = aRunningRecord({ phase: 'Promoting', awaiting: 'primary-ready' });
    const weights = { primary: 90, canary: 10 };
    expect(transition(key, promoting, { kind: 'shift', reason, weights }, NOW_MS)).toMatchObject({
      phase: 'Promoting',
      awaiting: 'shift-live',
      weights,
    });
  });

  it('of a rollback keeps what is promoted and returns to the options of the base', () => {
    const record = aRunningRecord({ configDigest: 'options-2' });
    const change = { kind: 'rollback', reason, restorePrimary: false } as const;
    expect(transition(key, record, change, NOW_MS)).toMatchObject({
      phase: 'Failed',
      weights: { primary: 100, canary: 0 },
      configDigest: 'options-1',
      promoted: { revision: 'one' },
      rollout: { outcome: 'failed' },
    });
  });

  it('of a restart stays on the base of the rollout that it replaces', () => {
    const three = { revision: 'three', source: '3'.repeat(40) };
    const change = { kind: 'restart', reason, release: three, attempt: 1 } as const;
    const restarted = transition(key, aRunningRecord(), change, NOW_MS);
    expect(restarted).toMatchObject({
      phase: 'Progressing',
      awaiting: 'traffic-on-primary',
      weights: { primary: 100, canary: 0 },
      rollout: { number: 2, revision: 'three', base: BASE, failedChecks: 0 },
    });
    const started = transition(key, restarted, { ...start, release: three }, NOW_MS);
    expect(started.rollout).toMatchObject({ number: 2, revision: 'three', base: BASE });
  });

  it('ends where it began when a rollout is withdrawn', () => {
    const withdrawn = transition(key, aRunningRecord(), { kind: 'withdraw', reason }, NOW_MS);
    const rested = transition(key, withdrawn, { kind: 'clean-up', reason }, NOW_MS);
    expect(rested).toMatchObject({
      phase: 'Initialized',
      awaiting: 'revision',
      promoted: { revision: 'one' },
      rollout: { outcome: 'withdrawn' },
    });
  });
});

describe('a decision that cannot be', () => {
  it.each([
    ['weights that do not sum to 100', { primary: 10, canary: 100 }],
    ['a share of a percent', { primary: 69.5, canary: 30.5 }],
    ['an advance that falls', { primary: 90, canary: 10 }],
  ])('is our bug: %s', (_, weights) => {
    const advance = () =>
      transition(key, aRunningRecord(), { kind: 'advance', reason, weights }, NOW_MS);
    expect(advance).toThrow(InternalError);
  });

  it('is our bug: a rollout step without a record', () => {
    expect(() => transition(key, undefined, { kind: 'finish', reason }, NOW_MS)).toThrow(
      InternalError,
    );
  });
});
