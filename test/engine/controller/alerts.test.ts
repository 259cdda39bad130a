import { describe, expect, it } from 'vitest';
import { announcementOf, isHeard } from '../../../engine/controller/alerts.ts';
import type { Taken } from '../../../engine/controller/taken.ts';
import type { Change } from '../../../engine/core/decision.ts';
import { aRecord, aRunningRecord, aSpec } from '../../support/builders.ts';

const reason = 'because';
const release = { revision: 'two', source: '2'.repeat(40) };
const spec = aSpec({}, { namespace: 'test' });

function say(change: Change, before: Taken['before'] = aRunningRecord()) {
  const draft = { message: '', changes: [], atMs: 0 };
  return announcementOf(spec, { change, before, after: aRunningRecord(), draft });
}

const start: Change = {
  kind: 'start',
  reason,
  release,
  attempt: 1,
  base: 'b',
  strategyDigest: 's',
  configDigest: 'o',
};

describe('people are told, in Flagger’s words,', () => {
  it('of a new canary, with what it is about', () => {
    expect(say({ kind: 'initialized', reason })).toEqual({
      severity: 'info',
      message: 'New Deployment detected, initialization completed.',
      fields: [
        { name: 'Target', value: 'Deployment/reviews.test' },
        { name: 'Failed checks threshold', value: '5' },
        { name: 'Progress deadline', value: '60s' },
        { name: 'Traffic routing', value: 'Weight step: 10 max: 50' },
      ],
    });
  });

  it('of a new revision, with what it is about', () => {
    const told = say(start, aRecord());
    expect(told?.message).toBe('New revision detected, progressing canary analysis.');
    expect(told?.fields).toHaveLength(4);
  });

  it.each<[Change, string, string]>([
    [
      { kind: 'finish', reason },
      'info',
      'Canary analysis completed successfully, promotion finished.',
    ],
    [
      { kind: 'fail-promotion', reason: 'promoted primary failed: no pod' },
      'error',
      'Promotion failed, primary not ready: no pod',
    ],
    [
      { kind: 'rollback', reason: 'canary failed: 0 of 1 are available', restorePrimary: false },
      'error',
      'Progress deadline exceeded 0 of 1 are available',
    ],
    [
      { kind: 'rollback', reason: 'no ready pod', restorePrimary: false },
      'error',
      'Rolling back: no ready pod',
    ],
  ])('of %o', (change, severity, message) => {
    expect(say(change)).toEqual({ severity, message, fields: [] });
  });

  it('of how many checks failed when that is why a rollout ends', () => {
    const before = aRunningRecord({}, { failedChecks: 5 });
    const change = { kind: 'rollback', reason, restorePrimary: false } as const;
    expect(say(change, before)?.message).toBe('Failed checks threshold reached 5');
  });
});

describe('people are not told', () => {
  it('of a newer revision in mid-run: it is the same run', () => {
    expect(say(start, aRunningRecord())).toBeUndefined();
  });

  it.each<Change>([
    { kind: 'open-routing', reason },
    { kind: 'advance', reason, weights: { primary: 90, canary: 10 } },
    { kind: 'check-failed', reason },
    { kind: 'promote', reason },
    { kind: 'clean-up', reason },
  ])('of each step: $kind', (change) => {
    expect(say(change)).toBeUndefined();
  });
});

it.each([
  ['info', ['info', 'warn', 'error']],
  ['warn', ['warn', 'error']],
  ['error', ['error']],
] as const)('who asks for %s hears of %s', (asked, heard) => {
  const severities = ['info', 'warn', 'error'] as const;
  expect(severities.filter((severity) => isHeard(asked, severity))).toEqual(heard);
});
