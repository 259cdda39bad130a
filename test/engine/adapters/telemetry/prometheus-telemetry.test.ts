import { describe, expect, it } from 'vitest';
import { meteredMetricsSource } from '../../../../engine/adapters/telemetry/metered-metrics-source.ts';
import { PrometheusTelemetry } from '../../../../engine/adapters/telemetry/prometheus-telemetry.ts';
import type { CanaryStanding } from '../../../../engine/ports/telemetry.ts';
import { aSpec } from '../../../support/builders.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

function aTelemetry(): PrometheusTelemetry {
  return new PrometheusTelemetry({ version: '1.2.3', provider: 'istio' });
}

function aStanding(differing: Partial<CanaryStanding> = {}): CanaryStanding {
  return {
    namespace: 'shop',
    target: 'reviews',
    phase: 'Progressing',
    weights: { primary: 80, canary: 20 },
    strategy: 'canary',
    isNotLive: false,
    ...differing,
  };
}

/** The samples that are exposed, by name and labels as Prometheus reads them. */
async function samplesOf(
  telemetry: PrometheusTelemetry,
): Promise<Readonly<Record<string, number>>> {
  const lines = (await telemetry.exposition()).split('\n');
  return Object.fromEntries(
    lines
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const at = line.lastIndexOf(' ');
        return [line.slice(0, at), Number(line.slice(at + 1))] as const;
      }),
  );
}

describe('the metrics that Flagger has too', () => {
  it('name the engine', async () => {
    const samples = await samplesOf(aTelemetry());
    expect(samples['flagger_info{version="1.2.3",mesh_provider="istio"}']).toBe(1);
  });

  it.each([
    ['Progressing', 0],
    ['Failed', 2],
    ['Initialized', 1],
    ['Promoting', 1],
    ['Succeeded', 1],
  ] as const)('show phase %s as %i', async (phase, value) => {
    const telemetry = aTelemetry();
    telemetry.canaries([aStanding({ phase })]);
    const samples = await samplesOf(telemetry);
    expect(samples['flagger_canary_status{name="reviews",namespace="shop"}']).toBe(value);
  });

  it('show the weights of both workloads', async () => {
    const telemetry = aTelemetry();
    telemetry.canaries([aStanding()]);
    expect(await samplesOf(telemetry)).toMatchObject({
      'flagger_canary_weight{workload="reviews-primary",namespace="shop"}': 80,
      'flagger_canary_weight{workload="reviews",namespace="shop"}': 20,
    });
  });

  it('count the canaries of each namespace, down to 0 when the last one goes', async () => {
    const telemetry = aTelemetry();
    telemetry.canaries([aStanding(), aStanding({ target: 'ratings' })]);
    expect((await samplesOf(telemetry))['flagger_canary_total{namespace="shop"}']).toBe(2);
    telemetry.canaries([aStanding({ namespace: 'other' })]);
    expect(await samplesOf(telemetry)).toMatchObject({
      'flagger_canary_total{namespace="shop"}': 0,
      'flagger_canary_total{namespace="other"}': 1,
    });
  });

  it('show the latest values and how long looking at a canary took', async () => {
    const telemetry = aTelemetry();
    const values = [{ metric: 'request-duration', value: 0.012 }];
    telemetry.evaluated({ namespace: 'shop', target: 'reviews', durationMs: 1_500, values });
    expect(await samplesOf(telemetry)).toMatchObject({
      'flagger_canary_metric_analysis{name="reviews",namespace="shop",metric="request-duration"}': 0.012,
      'flagger_canary_duration_seconds_sum{name="reviews",namespace="shop"}': 1.5,
      'flagger_canary_duration_seconds_bucket{le="2.5",name="reviews",namespace="shop"}': 1,
    });
  });

  it('count how rollouts end, from 0 on, so that the first one is an increase', async () => {
    const telemetry = aTelemetry();
    const labels =
      'name="reviews",namespace="shop",deployment_strategy="canary",analysis_status="completed"';
    telemetry.canaries([aStanding()]);
    expect(await samplesOf(telemetry)).toMatchObject({
      [`flagger_canary_successes_total{${labels}}`]: 0,
      [`flagger_canary_failures_total{${labels}}`]: 0,
    });
    const how = { strategy: 'canary', analysis: 'completed' } as const;
    const decided = { namespace: 'shop', target: 'reviews', liveDelaysMs: {} };
    telemetry.decided({ ...decided, end: { ...how, result: 'failed' } });
    telemetry.decided({ ...decided, end: { ...how, result: 'succeeded' } });
    telemetry.decided(decided);
    expect(await samplesOf(telemetry)).toMatchObject({
      [`flagger_canary_successes_total{${labels}}`]: 1,
      [`flagger_canary_failures_total{${labels}}`]: 1,
    });
  });

  it('forget a canary that is gone', async () => {
    const telemetry = aTelemetry();
    telemetry.canaries([aStanding({ isNotLive: true })]);
    const values = [{ metric: 'errors', value: 1 }];
    telemetry.evaluated({ namespace: 'shop', target: 'reviews', durationMs: 1, values });
    const end = { strategy: 'ab-testing', analysis: 'skipped', result: 'failed' } as const;
    telemetry.decided({ namespace: 'shop', target: 'reviews', liveDelaysMs: {}, end });
    telemetry.canaries([]);
    expect(await telemetry.exposition()).not.toContain('reviews');
  });
});

describe('the metrics of committing', () => {
  it('count pushes by outcome, and commits only when they reached the branch', async () => {
    const telemetry = aTelemetry();
    telemetry.pushed({ outcome: 'stale', durationMs: 10, commits: ['advance'] });
    telemetry.pushed({ outcome: 'pushed', durationMs: 200, commits: ['advance', 'carry-over'] });
    expect(await samplesOf(telemetry)).toMatchObject({
      'serin_pushes_total{outcome="stale"}': 1,
      'serin_pushes_total{outcome="pushed"}': 1,
      'serin_commits_total{decision="advance"}': 1,
      'serin_commits_total{decision="carry-over"}': 1,
      serin_push_duration_seconds_count: 2,
    });
  });

  it('show how late decisions and their effects are', async () => {
    const telemetry = aTelemetry();
    telemetry.decided({
      namespace: 'shop',
      target: 'reviews',
      delayMs: 1_500,
      liveDelaysMs: { contained: 900, effective: 25_000 },
    });
    expect(await samplesOf(telemetry)).toMatchObject({
      'serin_decision_delay_seconds_bucket{le="2"}': 1,
      'serin_live_delay_seconds_bucket{le="1",stage="contained"}': 1,
      'serin_live_delay_seconds_bucket{le="20",stage="effective"}': 0,
      'serin_live_delay_seconds_bucket{le="30",stage="effective"}': 1,
    });
  });

  it('show what a pass leaves behind', async () => {
    const telemetry = aTelemetry();
    const pass = { durationMs: 2_000, problems: 3, unpushed: 4, untold: 5 };
    telemetry.passed({ ...pass, outcome: 'retry' });
    telemetry.told({ kind: 'alert', outcome: 'dropped' });
    telemetry.canaries([aStanding({ isNotLive: true })]);
    expect(await samplesOf(telemetry)).toMatchObject({
      'serin_pass_duration_seconds_sum{outcome="retry"}': 2,
      serin_source_problems: 3,
      'serin_queue_length{queue="decisions"}': 4,
      'serin_queue_length{queue="messages"}': 5,
      'serin_messages_total{kind="alert",outcome="dropped"}': 1,
      'serin_canary_not_live{name="reviews",namespace="shop"}': 1,
    });
  });

  it('count what the API server is asked, by verb', async () => {
    const telemetry = aTelemetry();
    for (const verb of ['list', 'watch', 'get', 'get']) telemetry.apiRequested(verb);
    expect(await samplesOf(telemetry)).toMatchObject({
      'serin_api_requests_total{verb="get"}': 2,
      'serin_api_requests_total{verb="watch"}': 1,
    });
  });

  it('time what a metrics source answers', async () => {
    const telemetry = aTelemetry();
    const clock = new FakeClock();
    const asked: unknown[] = [];
    const source = meteredMetricsSource(
      {
        measure(...question) {
          asked.push(question);
          clock.advance(700);
          return Promise.resolve({ kind: 'empty', why: 'nobody came' });
        },
        requests: () => Promise.resolve({ state: 'unmeasured', why: 'not counted' }),
      },
      { telemetry, clock, provider: 'scrape' },
    );
    const [check] = aSpec().analysis.metrics;
    if (check === undefined) throw new Error('the canary has no metric');
    const subject = {
      namespace: 'shop',
      workload: 'reviews',
      kind: 'Deployment',
      provider: 'istio',
    };
    const question = [subject, check, 0, { token: 't' }] as const;
    expect(await source.measure(...question)).toEqual({ kind: 'empty', why: 'nobody came' });
    expect(asked).toEqual([question]);
    const samples = await samplesOf(telemetry);
    expect(
      samples['serin_metric_query_duration_seconds_sum{provider="scrape",outcome="empty"}'],
    ).toBe(0.7);
  });
});

it('two engines in one process do not share their numbers', async () => {
  const [one, other] = [aTelemetry(), aTelemetry()];
  one.canaries([aStanding()]);
  expect(await other.exposition()).not.toContain('reviews');
});
