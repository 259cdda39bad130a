import { describe, expect, it } from 'vitest';
import { canaryEvents } from '../../../engine/controller/canary-events.ts';
import { canaryStatus, conditionOf } from '../../../engine/controller/canary-status.ts';
import type { Change } from '../../../engine/core/decision.ts';
import { type Phase, PHASES } from '../../../engine/core/phase.ts';
import { aRecord, aRunningRecord, aSpec, FAILED, PASSED, T0_MS } from '../../support/builders.ts';

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
    ['Progressing', 'Unknown', 'New revision detected, progressing canary analysis.'],
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
      { kind: 'start', reason, release, attempt: 1, base: 'b', configDigest: 'x' },
      ['Normal New revision detected! Scaling up reviews.test'],
    ],
    [
      { kind: 'restart', reason, release, attempt: 1 },
      ['Normal New revision detected! Restarting analysis for reviews.test'],
    ],
    [
      { kind: 'advance', reason, weights: { primary: 90, canary: 10 } },
      [
        'Normal Starting canary analysis for reviews.test',
        'Normal Advance shop.test canary weight 10',
      ],
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

  it('name what each check that did not pass said', () => {
    const range = { min: 99 };
    const webhook = { name: 'smoke', type: 'rollout', url: 'http://x', timeoutMs: 1, retries: 0 };
    const hooked = aSpec(
      { webhooks: [{ ...webhook, type: 'rollout', metadata: {} }] },
      { namespace: 'test' },
    );
    const checks = [
      ...(FAILED.state === 'made' ? FAILED.checks.map((check) => ({ ...check, range })) : []),
      {
        name: 'request-duration',
        verdict: 'fail',
        detail: '1515ms > 500ms',
        value: 1515,
        range: { max: 500 },
      },
      { name: 'errors', verdict: 'fail', detail: '11 > 10', value: 11, range: { max: 10 } },
      { name: 'errors', verdict: 'error', detail: 'query failed: away' },
      { name: 'errors', verdict: 'inconclusive', detail: 'no values found: nobody came' },
      { name: 'request-duration', verdict: 'inconclusive', detail: 'no values found' },
      { name: 'request-duration', verdict: 'error', detail: 'query failed: away' },
      { name: 'smoke', verdict: 'fail', detail: 'webhook failed: 500' },
    ] as const;
    expect(say({ kind: 'check-failed', reason, checks }, hooked)).toEqual([
      'Warning Halt reviews.test advancement success rate 95.00% < 99%',
      'Warning Halt reviews.test advancement request duration 1.515s > 500ms',
      'Warning Halt reviews.test advancement errors 11.00 > 10',
      'Warning Metric query failed for errors: away',
      'Warning Halt advancement no values found for custom metric: errors: no values found: nobody came',
      'Warning Halt advancement no values found for istio metric request-duration probably reviews.test is not receiving traffic',
      'Warning Prometheus query failed: away',
      'Warning Halt reviews.test advancement external check smoke failed 500',
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

  it.each([
    [501.4, '501ms'],
    [2_000, '2s'],
    [61_500, '1m1.5s'],
  ])('print %d ms as Go does: %s', (value, text) => {
    const check = { name: 'request-duration', verdict: 'fail', detail: '', value } as const;
    const checks = [{ ...check, range: { max: 500 } }];
    expect(say({ kind: 'check-failed', reason, checks })).toEqual([
      `Warning Halt shop.test advancement request duration ${text} > 500ms`,
    ]);
  });
});
