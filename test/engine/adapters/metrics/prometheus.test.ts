import { describe, expect, it } from 'vitest';
import { createPrometheusSource } from '../../../../engine/adapters/metrics/prometheus.ts';
import { T0_MS } from '../../../support/builders.ts';
import { type StubAnswer, startHttpStub } from '../../../support/http-stub.ts';
import { SELF_SIGNED } from '../../../support/self-signed.ts';
import { askTemplate } from './template-question.ts';

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
  intervalMs: 30_000,
  range: { max: 500 },
} as const;

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

describe('the built-in checks where no proxy reports', () => {
  const queriesOf = async (provider: string, kind: string) => {
    const stub = await startHttpStub(() => vector('0.25'));
    const source = createPrometheusSource(stub.url);
    const of = { ...subject, provider, kind };
    const rate = await source.measure(of, successRate, T0_MS);
    const time = await source.measure(of, duration, T0_MS);
    const queries = stub.requests.map(({ body }) => new URLSearchParams(body).get('query') ?? '');
    return { rate, time, queries: queries.filter((query) => !query.includes('increase')) };
  };

  it.each(['kubernetes', 'gatewayapi:v1'])('ask the pods themselves: %s', async (provider) => {
    const { rate, time, queries } = await queriesOf(provider, 'Deployment');
    expect(queries).toEqual([
      'sum( rate( http_request_duration_seconds_count{ kubernetes_namespace="shop", kubernetes_pod_name=~"cart-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)", status!~"5.*" }[1m] ) ) / sum( rate( http_request_duration_seconds_count{ kubernetes_namespace="shop", kubernetes_pod_name=~"cart-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)" }[1m] ) ) * 100',
      'histogram_quantile( 0.99, sum( rate( http_request_duration_seconds_bucket{ kubernetes_namespace="shop", kubernetes_pod_name=~"cart-[0-9a-zA-Z]+(-[0-9a-zA-Z]+)" }[30s] ) ) by (le) )',
    ]);
    expect(rate).toMatchObject({ value: 0.25 });
    expect(time).toMatchObject({ value: 250 });
  });

  it('tell the pods of a DaemonSet from those of its primary', async () => {
    const { queries } = await queriesOf('kubernetes', 'DaemonSet');
    const [, pattern = ''] = /kubernetes_pod_name=~"([^"]+)"/.exec(queries[0] ?? '') ?? [];
    const matches = new RegExp(`^(?:${pattern})$`);
    expect('cart-x7k2p').toMatch(matches);
    expect('cart-primary-x7k2p').not.toMatch(matches);
  });

  it.each([
    ['istio', 'Deployment'],
    ['kubernetes', 'Service'],
  ])('ask the proxies for %s and a %s', async (provider, kind) => {
    const { queries } = await queriesOf(provider, kind);
    expect(queries[0]).toContain('istio_requests_total');
  });
});

describe('a query of a canary’s own', () => {
  const check = { kind: 'query', name: 'q', query: 'sum(up)', intervalMs: 1, range: {} } as const;

  it('is sent as it is, and nothing else', async () => {
    const stub = await startHttpStub(() => vector('3'));
    const measurement = await createPrometheusSource(stub.url).measure(subject, check, T0_MS);
    expect(measurement).toEqual({ kind: 'value', value: 3 });
    expect(stub.requests.map(({ body }) => new URLSearchParams(body).get('query'))).toEqual([
      'sum(up)',
    ]);
  });

  it.each([405, 501])('is asked by GET of a server that answers a POST with %i', async (status) => {
    const stub = await startHttpStub(({ method }) =>
      method === 'POST' ? { status } : vector('3'),
    );
    const measurement = await createPrometheusSource(stub.url).measure(subject, check, T0_MS);
    expect(measurement).toEqual({ kind: 'value', value: 3 });
    expect(stub.requests[1]?.path).toBe(`/api/v1/query?query=sum%28up%29&time=${T0_MS / 1000}`);
  });
});

describe('the Prometheus of a template', () => {
  const ask = (credentials?: Readonly<Record<string, string>>, rest = {}) =>
    askTemplate({
      type: 'prometheus',
      query: 'sum(up)',
      answer: vector('5'),
      ...(credentials === undefined ? {} : { credentials }),
      ...rest,
    });

  it.each([
    ['no credentials', undefined, undefined],
    ['a token', { token: 'tok-1' }, 'Bearer tok-1'],
    ['a token with a line end, as `echo` makes it', { token: 'tok-1\n' }, 'Bearer tok-1'],
    ['name and password', { username: 'u', password: 'p' }, 'Basic dTpw'],
    ['a token before name and password', { token: 't', username: 'u', password: 'p' }, 'Bearer t'],
  ])('is asked with %s', async (_, credentials, authorization) => {
    const { request, measurement } = await ask(credentials);
    expect(request?.headers.authorization).toBe(authorization);
    expect(measurement).toEqual({ kind: 'value', value: 5 });
  });

  it.each([
    [{}, 'username'],
    [{ username: 'u' }, 'password'],
    [{ token: '' }, 'token'],
  ])('is not asked with a Secret that holds %o', async (credentials, key) => {
    const { measurement, requests } = await ask(credentials);
    expect(measurement).toEqual({ kind: 'error', why: `Secret shop/keys has no key ${key}` });
    expect(requests).toEqual([]);
  });

  it('is sent the headers of the template, and credentials before them', async () => {
    const headers = { 'X-Scope-OrgID': ['t1', 't2'], authorization: ['none'] };
    const { request } = await ask({ token: 'tok-1' }, { provider: { headers } });
    expect(request?.headers).toMatchObject({
      'x-scope-orgid': 't1, t2',
      authorization: 'Bearer tok-1',
    });
  });

  it('may have any certificate where the template says so', async () => {
    const { url } = await startHttpStub(() => vector('5'), SELF_SIGNED);
    const trusting = { address: url, insecureSkipVerify: true };
    expect((await ask(undefined, { provider: trusting })).measurement).toMatchObject({ value: 5 });
    expect((await ask(undefined, { provider: { address: url } })).measurement).toMatchObject({
      kind: 'error',
    });
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
