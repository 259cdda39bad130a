import { describe, expect, it } from 'vitest';
import { createScrapeSource } from '../../../../engine/adapters/metrics/scrape.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { startHttpStub } from '../../../support/http-stub.ts';

const subject = {
  namespace: 'shop',
  workload: 'cart',
  kind: 'Deployment',
  provider: 'istio',
};
const successRate = {
  kind: 'builtin',
  name: 'request-success-rate',
  intervalMs: 60_000,
  range: { min: 99 },
} as const;
const duration = {
  kind: 'builtin',
  name: 'request-duration',
  intervalMs: 60_000,
  range: { max: 500 },
} as const;

interface Counters {
  readonly ok: number;
  readonly failed: number;
  readonly under100: number;
  readonly under250: number;
  readonly all: number;
}

function istio({ ok, failed, under100, under250, all }: Counters): string {
  const labels =
    'reporter="destination",destination_workload="cart",destination_workload_namespace="shop"';
  const bucket = (le: string, count: number) =>
    `istio_request_duration_milliseconds_bucket{le="${le}",${labels}} ${count}`;
  return [
    '# TYPE istio_requests_total counter',
    `istio_requests_total{${labels},response_code="200"} ${ok}`,
    `istio_requests_total{${labels},response_code="503"} ${failed}`,
    'istio_requests_total{reporter="destination",destination_workload="other",destination_workload_namespace="shop",response_code="500"} 999',
    'istio_requests_total{reporter="source",destination_workload="cart",destination_workload_namespace="shop",response_code="500"} 999',
    bucket('100', under100),
    bucket('250', under250),
    bucket('+Inf', all),
    '',
  ].join('\n');
}

/** Scrapes one exposition after another, a minute apart, and measures after the last one. */
async function watch(texts: readonly string[], check: typeof successRate | typeof duration) {
  const stub = await startHttpStub((_, index) => ({
    body: texts[Math.min(index, texts.length - 1)] ?? '',
  }));
  const clock = new FakeClock();
  const source = createScrapeSource({ address: stub.url, clock });
  let measured = await source.measure(subject, check, clock.nowMs());
  for (let index = 1; index < texts.length; index += 1) {
    clock.advance(60_000);
    measured = await source.measure(subject, check, clock.nowMs());
  }
  return measured;
}

const before = { ok: 1000, failed: 50, under100: 1000, under250: 1040, all: 1050 };
const after = { ok: 1190, failed: 60, under100: 1190, under250: 1240, all: 1250 };

describe('scraped counters', () => {
  it('give the success rate of the window, not of all time', async () => {
    const measured = await watch([istio(before), istio(after)], successRate);
    expect(measured).toEqual({ kind: 'value', value: 95, samples: 200 });
  });

  it('give the 99th percentile as Prometheus computes it', async () => {
    const measured = await watch([istio(before), istio(after)], duration);
    // 200 requests: 190 up to 100 ms, 200 up to 250 ms; rank 198 lies 8/10 into the second bucket.
    expect(measured).toMatchObject({ kind: 'value', value: 100 + 150 * 0.8 });
  });

  it('are pending until the source itself has watched for a whole window', async () => {
    const measured = await watch([istio(before)], successRate);
    expect(measured).toMatchObject({ kind: 'pending', untilMs: expect.any(Number) });
  });

  it('survive a reset: what they show came after it', async () => {
    const reset = { ok: 99, failed: 1, under100: 100, under250: 100, all: 100 };
    const measured = await watch([istio(before), istio(reset)], successRate);
    expect(measured).toEqual({ kind: 'value', value: 99, samples: 100 });
  });

  it('are empty, not perfect, without a request in the window', async () => {
    expect(await watch([istio(before), istio(before)], successRate)).toMatchObject({
      kind: 'empty',
    });
  });

  it('are empty while no series speaks of the workload', async () => {
    expect(await watch(['', ''], successRate)).toMatchObject({ kind: 'empty' });
  });

  it('can be Envoy’s own, by the canary’s Service', async () => {
    const envoy = (ok: number, failed: number) =>
      [
        `envoy_cluster_upstream_rq{envoy_response_code="200",cluster_name="outbound|9080||cart-canary.shop.svc.cluster.local"} ${ok}`,
        `envoy_cluster_upstream_rq{envoy_response_code="503",cluster_name="outbound|9080||cart-canary.shop.svc.cluster.local"} ${failed}`,
        `envoy_cluster_upstream_rq{envoy_response_code="503",cluster_name="outbound|9080||cart-primary.shop.svc.cluster.local"} 77`,
      ].join('\n');
    const measured = await watch([envoy(0, 0), envoy(98, 2)], successRate);
    expect(measured).toEqual({ kind: 'value', value: 98, samples: 100 });
  });

  it('are an error when the address does not answer', async () => {
    const clock = new FakeClock();
    const source = createScrapeSource({ address: 'http://127.0.0.1:1/metrics', clock });
    expect(await source.measure(subject, successRate, clock.nowMs())).toMatchObject({
      kind: 'error',
    });
  });
});

describe('requests by the Service they were sent to', () => {
  const sent = (primary: number, canary: number) =>
    [
      `istio_requests_total{reporter="destination",destination_service="cart-primary.shop.svc.cluster.local"} ${primary}`,
      `istio_requests_total{reporter="source",destination_workload="unknown",destination_service="cart-canary.shop.svc.cluster.local"} ${canary}`,
      'istio_requests_total{reporter="destination",destination_service="cart-canary.other.svc.cluster.local"} 999',
    ].join('\n');

  it('count from the first to the last scrape in the window, canaries without pods included', async () => {
    const texts = [sent(500, 0), sent(1_000, 10), sent(1_080, 30)];
    const stub = await startHttpStub((_, index) => ({ body: texts[index] ?? texts.at(-1) ?? '' }));
    const clock = new FakeClock();
    const source = createScrapeSource({ address: stub.url, clock });
    const apex = { namespace: 'shop', apex: 'cart' };
    const ask = () => source.requests(apex, 15_000, clock.nowMs());
    expect(await ask()).toEqual({ state: 'counted', primary: 0, canary: 0 });
    clock.advance(10_000);
    await ask();
    clock.advance(10_000);
    expect(await ask()).toEqual({ state: 'counted', primary: 80, canary: 20 });
  });

  it('are not measured when the address does not answer', async () => {
    const clock = new FakeClock();
    const source = createScrapeSource({ address: 'http://127.0.0.1:1/metrics', clock });
    const counts = await source.requests({ namespace: 'shop', apex: 'cart' }, 1, clock.nowMs());
    expect(counts.state).toBe('unmeasured');
  });
});
