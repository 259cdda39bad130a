import { expect, it } from 'vitest';
import type { Change } from '../../../engine/core/decision.ts';
import { describeChange } from '../../../engine/core/describe.ts';
import { aRunningRecord, aSpec } from '../../support/builders.ts';

const record = aRunningRecord({}, { number: 3, failedChecks: 2 });
const release = { revision: 'two', source: 's' };
const weights = { primary: 80, canary: 20 };
const all = { primary: 100, canary: 0 };
const common = {
  reason: 'r',
  attempt: 1,
  base: 'b',
  configDigest: 'c',
  strategyDigest: 's',
  release,
};

it.each<[Change, string]>([
  [{ ...common, kind: 'create-primary' }, 'initialize: create primary'],
  [{ ...common, kind: 'open-routing' }, 'initialize: route all traffic to primary'],
  [{ ...common, kind: 'initialized' }, 'initialize: scale target to 0'],
  [{ ...common, kind: 'start' }, 'start rollout 3'],
  [{ ...common, kind: 'restart' }, 'restart as rollout 3, canary weight 0'],
  [{ ...common, kind: 'advance', weights }, 'canary weight 20'],
  [{ ...common, kind: 'advance', weights: all, mirrored: true }, 'mirror traffic to canary'],
  [{ ...common, kind: 'halt' }, 'wait for approval'],
  [{ ...common, kind: 'call-off' }, 'wait for approval no longer'],
  [{ ...common, kind: 'reject' }, 'reject revision two'],
  [{ ...common, kind: 'halt-promotion' }, 'wait for approval of the promotion'],
  [{ ...common, kind: 'skip-analysis' }, 'promote revision two, scale target to 0'],
  [{ ...common, kind: 'post-rollout' }, 'call post-rollout hooks'],
  [{ ...common, kind: 'check-failed' }, 'check failed, 2 of 5'],
  [{ ...common, kind: 'promote' }, 'promote revision two'],
  [{ ...common, kind: 'shift', weights }, 'shift to primary weight 80'],
  [{ ...common, kind: 'shift', weights: all }, 'shift all traffic to primary'],
  [{ ...common, kind: 'finish' }, 'finish, scale target to 0'],
  [{ ...common, kind: 'rollback', restorePrimary: false }, 'rollback, canary weight 0'],
  [{ ...common, kind: 'fail-promotion' }, 'promotion failed, restore primary, canary weight 100'],
  [{ ...common, kind: 'return-traffic' }, 'return traffic to the restored primary'],
  [{ ...common, kind: 'withdraw' }, 'withdraw, canary weight 0'],
  [{ ...common, kind: 'clean-up' }, 'clean up, scale target to 0'],
  [{ ...common, kind: 'reconcile' }, 'carry over changed options'],
])('says what %o does', (change, text) => {
  expect(describeChange(change, record, aSpec())).toBe(text);
});

it.each([
  ['ab-testing', { primary: 0, canary: 100 }, 1, 'canary iteration 1'],
  ['blue-green', all, 2, 'canary iteration 2'],
  ['blue-green', { primary: 0, canary: 100 }, 4, 'route all traffic to canary'],
] as const)('says how far %s is at %j', (kind, given, iterations, text) => {
  const spec = aSpec({ strategy: { kind, iterations: 3, match: [] } });
  const change = { kind: 'advance', reason: 'r', weights: given, iterations } as const;
  expect(describeChange(change, record, spec)).toBe(text);
});
