import { describe, expect, it } from 'vitest';
import { canaryEvents } from '../../../engine/controller/canary-events.ts';
import { canaryStatus, conditionOf } from '../../../engine/controller/canary-status.ts';
import type { Change } from '../../../engine/core/decision.ts';
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

  it('name a webhook that did not pass, and a metric in its own words', () => {
    const checks = [
      { name: 'smoke', verdict: 'fail', detail: 'webhook failed: 500' },
      { name: 'errors', metric: 'query', verdict: 'error', detail: 'query failed: away' },
    ] as const;
    expect(say({ kind: 'check-failed', reason, checks })).toEqual([
      'Warning Halt shop.test advancement external check smoke failed 500',
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
