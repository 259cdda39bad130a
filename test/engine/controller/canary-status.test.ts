import { describe, expect, it } from 'vitest';
import { canaryEvents } from '../../../engine/controller/canary-events.ts';
import { canaryStatus, conditionOf } from '../../../engine/controller/canary-status.ts';
import type { Change } from '../../../engine/core/decision.ts';
import type { CheckResult } from '../../../engine/core/observation.ts';
import { type Phase, PHASES } from '../../../engine/core/phase.ts';
import { aRecord, aRunningRecord, aSpec, PASSED, T0_MS } from '../../support/builders.ts';

describe('the status of a Canary', () => {
  it('holds every field that tools read, in the middle of an analysis', () => {
    const record = aRunningRecord({ decidedAtMs: T0_MS + 90_000 }, { failedChecks: 2 });
    expect(canaryStatus(record)).toEqual({
      phase: 'Progressing',
      canaryWeight: 20,
      failedChecks: 2,
      iterations: 0,
      lastAppliedSpec: 'two',
      lastPromotedSpec: 'one',
      lastTransitionTime: '2026-01-01T00:01:30Z',
      conditions: [
        {
          type: 'Promoted',
          status: 'Unknown',
          reason: 'Progressing',
          message: 'New revision detected, progressing canary analysis.',
          lastUpdateTime: '2026-01-01T00:00:00Z',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    });
  });

  it.each([
    ['Initializing', 'Unknown', 'New Deployment detected, starting initialization.'],
    ['Initialized', 'True', 'Deployment initialization completed.'],
    ['Waiting', 'Unknown', 'Waiting for approval.'],
    ['Progressing', 'Unknown', 'New revision detected, progressing canary analysis.'],
    ['WaitingPromotion', 'Unknown', 'Waiting for approval.'],
    ['Promoting', 'Unknown', 'Canary analysis completed, starting primary rolling update.'],
    ['Finalising', 'Unknown', 'Canary analysis completed, routing all traffic to primary.'],
    ['Succeeded', 'True', 'Canary analysis completed successfully, promotion finished.'],
    ['Failed', 'False', 'Canary analysis failed, Deployment scaled to zero.'],
  ] as const)('says in phase %s that Promoted is %s', (phase, status, message) => {
    const [promoted] = canaryStatus(aRunningRecord({ phase })).conditions;
    expect(promoted).toMatchObject({ type: 'Promoted', status, reason: phase, message });
  });

  it.each([
    ['Initialized', 0, 'one'],
    ['Progressing', 3, 'two'],
    ['Succeeded', 3, 'two'],
    ['Failed', 0, 'two'],
  ] as const)('counts in phase %s %i failed checks of revision %s', (phase, count, revision) => {
    const status = canaryStatus(aRunningRecord({ phase }, { failedChecks: 3 }));
    expect(status).toMatchObject({ failedChecks: count, lastAppliedSpec: revision });
  });

  it.each([
    ['Progressing', 3],
    ['WaitingPromotion', 3],
    ['Promoting', 3],
    ['Finalising', 0],
    ['Succeeded', 0],
    ['Failed', 0],
  ] as const)('says in phase %s that %i iterations were begun', (phase, iterations) => {
    const record = aRunningRecord({ phase }, { iterations: 3 });
    expect(canaryStatus(record).iterations).toBe(iterations);
  });

  it.each([
    ['promoted', 2, 'two'],
    ['failed', 0, 'two'],
    [undefined, 0, 'one'],
  ] as const)(
    'speaks while it waits of the rollout before, which was %s',
    (outcome, count, revision) => {
      const ended = outcome === undefined ? {} : { outcome };
      const status = canaryStatus(
        aRunningRecord({ phase: 'Waiting' }, { failedChecks: 2, ...ended }),
      );
      expect(status).toMatchObject({ failedChecks: count, lastAppliedSpec: revision });
    },
  );

  it('has a condition in every phase, also before the first rollout', () => {
    for (const phase of PHASES) {
      expect(canaryStatus(aRecord({ phase })).conditions).toHaveLength(1);
    }
  });

  it('takes further conditions beside Promoted', () => {
    const condition = { type: 'Live', status: 'False', reason: 'NotLive', message: 'm' } as const;
    const status = canaryStatus(aRecord(), [conditionOf(condition, T0_MS)]);
    expect(status.conditions.map(({ type }) => type)).toEqual(['Promoted', 'Live']);
  });
});

describe('the events of a Canary', () => {
  const reason = 'because';
  const release = { revision: 'two', source: '2'.repeat(40) };
  const spec = aSpec({}, { name: 'shop', namespace: 'test' });
  const say = (change: Change, of = spec, record = aRunningRecord()) =>
    canaryEvents(of, { change, before: record, after: record }).map(
      ({ type, message }) => `${type} ${message}`,
    );

  it.each<[Change, readonly string[]]>([
    [
      { kind: 'create-primary', reason, release, configDigest: 'x' },
      ['Normal New Deployment detected, starting initialization of shop.test'],
    ],
    [{ kind: 'open-routing', reason }, ['Normal Routing all traffic to primary']],
    [{ kind: 'initialized', reason }, ['Normal Initialization done! shop.test']],
    [
      {
        kind: 'start',
        reason,
        release,
        attempt: 1,
        base: 'b',
        configDigest: 'x',
        strategyDigest: 's',
      },
      ['Normal New revision detected! Scaling up reviews.test'],
    ],
    [
      { kind: 'restart', reason, release, attempt: 1 },
      ['Normal New revision detected! Restarting analysis for reviews.test'],
    ],
    [
      {
        kind: 'advance',
        reason,
        weights: { primary: 80, canary: 20 },
        checks: PASSED.state === 'made' ? PASSED.checks : [],
      },
      ['Normal Advance shop.test canary weight 20'],
    ],
    [
      { kind: 'promote', reason },
      ['Normal Copying reviews.test template spec to reviews-primary.test'],
    ],
    [
      { kind: 'shift', reason, weights: { primary: 100, canary: 0 } },
      ['Normal Routing all traffic to primary'],
    ],
    [{ kind: 'finish', reason }, ['Normal Promotion completed! Scaling down reviews.test']],
    [
      { kind: 'rollback', reason: 'failed checks threshold reached 5', restorePrimary: false },
      ['Warning Rolling back shop.test failed checks threshold reached 5'],
    ],
    [
      { kind: 'fail-promotion', reason: 'promoted primary failed: no pod' },
      ['Warning Promotion of shop.test failed, primary not ready: no pod'],
    ],
    [{ kind: 'return-traffic', reason }, ['Normal Routing all traffic to primary']],
    [{ kind: 'withdraw', reason }, ['Normal Rolling back shop.test because']],
    [{ kind: 'clean-up', reason }, ['Normal Scaling down reviews.test']],
    [
      { kind: 'reconcile', reason, configDigest: 'x' },
      ['Normal Carrying over changed options of shop.test'],
    ],
  ])('say of $kind what Flagger would', (change, messages) => {
    expect(say(change)).toEqual(messages);
  });

  const hook = (kind: CheckResult['kind'], verdict: CheckResult['verdict']) => {
    const detail = verdict === 'pass' ? 'answered 200' : 'failed: HTTP 500';
    return { kind, name: kind, verdict, detail } as const;
  };
  const first = aRunningRecord({ awaiting: 'canary-ready' });

  it('tell of the first pass in the order in which it went', () => {
    const weights = { primary: 90, canary: 10 };
    const gates = [hook('pre-rollout', 'pass'), hook('confirm-traffic-increase', 'pass')];
    const checks = [hook('rollback', 'pass'), ...gates];
    expect(say({ kind: 'advance', reason, weights, checks }, spec, first)).toEqual([
      'Normal Rollback hook rollback not signaling a rollback',
      'Normal Starting canary analysis for reviews.test',
      'Normal Pre-rollout check pre-rollout passed',
      'Normal Confirm-traffic-increase check confirm-traffic-increase passed',
      'Normal Advance shop.test canary weight 10',
    ]);
  });

  it.each<[Change, readonly string[]]>([
    [
      { kind: 'halt', reason, release, checks: [hook('confirm-rollout', 'fail')] },
      ['Warning Halt shop.test advancement waiting for approval confirm-rollout'],
    ],
    [
      { kind: 'halt-promotion', reason, checks: [hook('confirm-promotion', 'fail')] },
      ['Warning Halt shop.test advancement waiting for promotion approval confirm-promotion'],
    ],
    [{ kind: 'call-off', reason }, ['Normal shop.test waits for no approval any more: because']],
    [
      {
        kind: 'reject',
        reason: 'manual webhook invoked',
        release,
        attempt: 1,
        base: 'b',
        checks: [hook('rollback', 'fail')],
      },
      [
        'Warning Rollback check rollback passed',
        'Warning Rolling back shop.test manual webhook invoked',
      ],
    ],
    [
      { kind: 'promote', reason, checks: [hook('confirm-promotion', 'pass')] },
      [
        'Normal Confirm-promotion check confirm-promotion passed',
        'Normal Copying reviews.test template spec to reviews-primary.test',
      ],
    ],
    [
      { kind: 'skip-analysis', reason },
      [
        'Normal Copying reviews.test template spec to reviews-primary.test',
        'Normal Promotion completed! Canary analysis was skipped for reviews.test',
      ],
    ],
    [
      {
        kind: 'post-rollout',
        reason,
        checks: [hook('post-rollout', 'pass'), hook('post-rollout', 'fail')],
      },
      [
        'Normal Post-rollout check post-rollout passed',
        'Warning Post-rollout hook post-rollout failed HTTP 500',
      ],
    ],
  ])('tell of gates and hooks: $kind', (change, messages) => {
    expect(say(change)).toEqual(messages);
  });

  it.each([
    [
      'ab-testing',
      undefined,
      { primary: 0, canary: 100 },
      2,
      'Advance shop.test canary iteration 2/3',
    ],
    [
      'blue-green',
      undefined,
      { primary: 100, canary: 0 },
      3,
      'Advance shop.test canary iteration 3/3',
    ],
    ['blue-green', undefined, { primary: 0, canary: 100 }, 4, 'Routing all traffic to canary'],
    [
      'blue-green',
      { percent: 50 },
      { primary: 0, canary: 100 },
      4,
      'Stop traffic mirroring and route all traffic to canary',
    ],
  ] as const)(
    'count iterations: %s, mirror %j, %j',
    (kind, mirror, weights, iterations, message) => {
      const mirrored = mirror === undefined ? {} : { mirror };
      const strategy = { kind, iterations: 3, match: [], ...mirrored };
      const counting = aSpec({ strategy }, { name: 'shop', namespace: 'test' });
      const change = { kind: 'advance', reason, weights, iterations } as const;
      expect(say(change, counting)).toEqual([`Normal ${message}`]);
    },
  );

  it('warn when a canary that failed is scaled down', () => {
    const failed = aRunningRecord({ phase: 'Failed' });
    expect(say({ kind: 'clean-up', reason }, spec, failed)).toEqual([
      'Warning Canary failed! Scaling down shop.test',
    ]);
  });

  it('count the way back when it has steps', () => {
    const stepped = aSpec({ stepWeightPromotion: 50 }, { namespace: 'test' });
    expect(say({ kind: 'shift', reason, weights: { primary: 50, canary: 50 } }, stepped)).toEqual([
      'Normal Advance reviews.test primary weight 50',
    ]);
  });

  it('name a webhook that did not pass, and a metric in its own words', () => {
    const checks = [
      { kind: 'rollout', name: 'smoke', verdict: 'fail', detail: 'failed: 500' },
      { kind: 'pre-rollout', name: 'smoke', verdict: 'fail', detail: 'failed: 500' },
      {
        kind: 'metric',
        name: 'errors',
        metric: 'query',
        verdict: 'error',
        detail: 'query failed: away',
      },
    ] as const;
    expect(say({ kind: 'check-failed', reason, checks })).toEqual([
      'Warning Halt shop.test advancement external check smoke failed 500',
      'Warning Halt shop.test advancement pre-rollout check smoke failed 500',
      'Warning Prometheus query failed for errors: away',
    ]);
  });

  it.each<[Change, Phase]>([
    [{ kind: 'promote', reason }, 'Progressing'],
    [{ kind: 'rollback', reason, restorePrimary: false }, 'Progressing'],
    [{ kind: 'finish', reason }, 'Succeeded'],
    [{ kind: 'clean-up', reason }, 'Succeeded'],
  ])('say of %o in which phase Flagger would tell it', (change, phase) => {
    const before = aRunningRecord();
    const after = aRunningRecord({ phase: 'Succeeded' });
    expect(canaryEvents(spec, { change, before, after })[0]?.phase).toBe(phase);
  });
});
