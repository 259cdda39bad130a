import { describe, expect, it } from 'vitest';
import { createPrometheusSource } from '../../../../engine/adapters/metrics/prometheus.ts';
import { T0_MS } from '../../../support/builders.ts';
import { type StubAnswer, startHttpStub } from '../../../support/http-stub.ts';

const subject = { namespace: 'shop', workload: 'cart' };
const successRate = {
  name: 'request-success-rate',
  intervalMs: 60_000,
  range: { min: 99 },
} as const;
const duration = { name: 'request-duration', intervalMs: 30_000, range: { max: 500 } } as const;

const vector = (...values: readonly string[]): StubAnswer => ({
  body: JSON.stringify({
    status: 'success',
    data: {
      resultType: 'vector',
      result: values.map((value) => ({ metric: {}, value: [T0_MS / 1000, value] })),
    },
  }),
});

/** Measures once against a server whose first answer is given; the sample count is always 1200. */
async function measure(answer: StubAnswer) {
  const stub = await startHttpStub(({ body }) =>
    body.includes('increase') ? vector('1200') : answer,
  );
  return createPrometheusSource(stub.url).measure(subject, successRate, T0_MS);
}

describe('Prometheus', () => {
  it('is asked Flagger’s own queries, at a pinned instant', async () => {
    const stub = await startHttpStub(() => vector('99.5'));
    const source = createPrometheusSource(`${stub.url}/prom/`);
    await source.measure(subject, successRate, T0_MS);
    await source.measure(subject, duration, T0_MS);
    const queries = stub.requests.map(({ body }) => new URLSearchParams(body).get('query'));
    expect(stub.requests[0]?.path).toBe('/prom/api/v1/query');
    expect(new URLSearchParams(stub.requests[0]?.body).get('time')).toBe(String(T0_MS / 1000));
    expect(queries).toContain(
      'sum( rate( istio_requests_total{ reporter="destination", destination_workload_namespace="shop", destination_workload=~"cart", response_code!~"5.*" }[1m] ) ) / sum( rate( istio_requests_total{ reporter="destination", destination_workload_namespace="shop", destination_workload=~"cart" }[1m] ) ) * 100',
    );
    expect(queries).toContain(
      'histogram_quantile( 0.99, sum( rate( istio_request_duration_milliseconds_bucket{ reporter="destination", destination_workload_namespace="shop", destination_workload=~"cart" }[30s] ) ) by (le) )',
    );
  });

  it('gives the value with the number of requests behind it', async () => {
    expect(await measure(vector('99.25'))).toEqual({ kind: 'value', value: 99.25, samples: 1200 });
  });

  it.each([
    ['an empty vector', vector(), 'empty'],
    ['NaN', vector('NaN'), 'empty'],
    ['several series', vector('1', '2'), 'error'],
    [
      'a scalar',
      { body: '{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}' },
      'error',
    ],
    [
      'a warning of a partial answer',
      {
        body: '{"status":"success","warnings":["store down"],"data":{"resultType":"vector","result":[]}}',
      },
      'empty',
    ],
    [
      'an error of its own',
      {
        status: 422,
        body: '{"status":"error","errorType":"execution","error":"too many samples"}',
      },
      'error',
    ],
    ['a proxy’s page', { status: 502, body: '<html>bad gateway</html>' }, 'error'],
    ['no JSON', { body: 'ok' }, 'error'],
    ['a cut connection', { cut: true }, 'error'],
  ])('that answers with %s has given no value', async (_, answer, kind) => {
    expect(await measure(answer)).toMatchObject({ kind });
  });

  it('passes infinities on for the core to judge', async () => {
    expect(await measure(vector('+Inf'))).toMatchObject({ kind: 'value', value: Infinity });
  });
});

describe('requests by the Service they were sent to', () => {
  const apex = { namespace: 'shop', apex: 'cart' };
  const answer = (...rows: readonly (readonly [service: string, reporter: string, n: string])[]) =>
    JSON.stringify({
      status: 'success',
      data: {
        resultType: 'vector',
        result: rows.map(([service, reporter, value]) => ({
          metric: { destination_service_name: service, reporter },
          value: [T0_MS / 1000, value],
        })),
      },
    });

  it('are asked for in the window since the change', async () => {
    const stub = await startHttpStub(() => ({ body: answer() }));
    const source = createPrometheusSource(stub.url);
    expect(await source.requests(apex, 12_900, T0_MS)).toEqual({
      state: 'counted',
      primary: 0,
      canary: 0,
    });
    expect(new URLSearchParams(stub.requests[0]?.body).get('query')).toBe(
      'sum( increase( istio_requests_total{ destination_service_namespace="shop", destination_service_name=~"cart-(primary|canary)" }[12s] ) ) by (destination_service_name, reporter)',
    );
  });

  it('are those that the sending side reports, so that none counts twice', async () => {
    const body = answer(
      ['cart-primary', 'source', '80'],
      ['cart-canary', 'source', '20'],
      ['cart-primary', 'destination', '80'],
    );
    const stub = await startHttpStub(() => ({ body }));
    expect(await createPrometheusSource(stub.url).requests(apex, 60_000, T0_MS)).toEqual({
      state: 'counted',
      primary: 80,
      canary: 20,
    });
  });

  it.each([
    ['NaN', { body: answer(['cart-canary', 'source', 'NaN']) }],
    ['an error', { status: 500, body: 'down' }],
    ['a cut connection', { cut: true }],
  ])('are not measured by %s', async (_, given) => {
    const stub = await startHttpStub(() => given);
    const counts = await createPrometheusSource(stub.url).requests(apex, 60_000, T0_MS);
    expect(counts.state).toBe('unmeasured');
  });
});
