import { describe, expect, it } from 'vitest';
import type { MetricProviderType } from '../../../../constructs/canary-spec.ts';
import { createMetricsSource } from '../../../../engine/adapters/metrics/metrics-source.ts';
import { TEMPLATE_PROVIDERS } from '../../../../engine/adapters/metrics/registry.ts';
import { T0_MS } from '../../../support/builders.ts';
import { type StubAnswer, startHttpStub } from '../../../support/http-stub.ts';
import { askTemplate, json, NOBODY, SUBJECT } from './template-question.ts';

/** Enough for any provider to be asked. */
const CREDENTIALS = {
  username: 'user-name-1',
  password: 'pass-word-1',
  org: 'organisation-1',
  token: 'bearer-token-1',
  datadog_api_key: 'dd-api-key-1',
  datadog_application_key: 'dd-app-key-1',
  newrelic_account_id: '1234567',
  newrelic_query_key: 'nr-query-key-1',
  dynatrace_token: 'dt-token-1',
  sf_token_key: 'sf-token-1',
};
const QUERIES: Readonly<Partial<Record<MetricProviderType, string>>> = { graphite: 'target=x' };
/** These two get their credentials elsewhere, and have tests of their own for it. */
const ELSEWHERE: readonly MetricProviderType[] = ['cloudwatch', 'stackdriver'];
const PROVIDERS = (Object.keys(TEMPLATE_PROVIDERS) as MetricProviderType[]).filter(
  (type) => !ELSEWHERE.includes(type),
);

describe.each(PROVIDERS)('a template of %s', (type) => {
  const ask = (answer: Parameters<typeof askTemplate>[0]['answer']) =>
    askTemplate({ type, query: QUERIES[type] ?? 'q', answer, credentials: CREDENTIALS });

  it.each<[string, StubAnswer]>([
    ['a refusal', { status: 403, body: 'forbidden' }],
    ['a failure', { status: 500, body: '{"error":"boom"}' }],
    ['a page', { body: '<html>login</html>' }],
    ['nothing', { body: '' }],
    ['JSON that is something else', json({ hello: 'world' })],
    ['a cut connection', { cut: true }],
    ['a redirect', { status: 301, headers: { location: 'http://127.0.0.1:1/' } }],
  ])('has no value after %s', async (_, answer) => {
    const { measurement } = await ask(answer);
    expect(['error', 'empty']).toContain(measurement.kind);
  });

  it('never repeats its credentials, whatever the server says', async () => {
    const { measurement } = await ask(({ headers, path, body }) => ({
      status: 401,
      body: JSON.stringify({ headers, path, body, basic: 'dXNlci1uYW1lLTE6cGFzcy13b3JkLTE=' }),
    }));
    for (const value of Object.values(CREDENTIALS)) {
      expect(JSON.stringify(measurement)).not.toContain(value);
    }
    expect(JSON.stringify(measurement)).not.toContain('dXNlci1uYW1lLTE6cGFzcy13b3JkLTE=');
  });
});

it('A server that repeats a credential within its answer is not quoted with it', async () => {
  const body = '#datatype,string,string\r\n,error,reference\r\n,bad token bearer-token-1,1\r\n';
  const question = { type: 'influxdb', query: 'q', credentials: CREDENTIALS } as const;
  const { measurement } = await askTemplate({ ...question, answer: { body } });
  expect(measurement).toEqual({ kind: 'error', why: 'bad token ***' });
});

it('A password within an address is not said either', async () => {
  const stub = await startHttpStub(({ headers }) => ({
    status: 401,
    body: headers.authorization ?? '',
  }));
  const address = stub.url.replace('//', '//me:pass%40word@');
  const question = { type: 'graphite', query: 'target=x', provider: { address } } as const;
  const { measurement } = await askTemplate({ ...question, answer: {} });
  expect(stub.requests[0]?.headers.authorization).toBe('Basic bWU6cGFzc0B3b3Jk');
  expect(measurement).toEqual({ kind: 'error', why: 'HTTP 401: Basic ***' });
});

describe('a canary that names its own Prometheus', () => {
  const vector = json({
    status: 'success',
    data: { resultType: 'vector', result: [{ metric: {}, value: [T0_MS / 1000, '7'] }] },
  });

  it('is judged by that one alone', async () => {
    const { url, requests } = await startHttpStub(() => vector);
    const source = createMetricsSource({ own: NOBODY, resolve: () => new URL(`${url}/inside`) });
    const check = { kind: 'query', name: 'q', query: 'up', intervalMs: 1, range: {} } as const;
    const subject = { ...SUBJECT, metricsServer: 'http://prometheus.shop:9090' };
    const measurement = await source.measure(subject, check, T0_MS, {});
    expect(measurement).toEqual({ kind: 'value', value: 7 });
    await source.requests({ ...SUBJECT, apex: 'cart', metricsServer: 'http://p' }, 1_000, T0_MS);
    expect(requests.map(({ path }) => path)).toEqual([
      '/inside/api/v1/query',
      '/inside/api/v1/query',
    ]);
  });

  it('leaves the engine’s own server to all others', async () => {
    const own = {
      measure: () => Promise.resolve({ kind: 'value', value: 1 } as const),
      requests: () => Promise.resolve({ state: 'counted', primary: 1, canary: 2 } as const),
    };
    const source = createMetricsSource({ own, resolve: (url) => url });
    const check = { kind: 'query', name: 'q', query: 'up', intervalMs: 1, range: {} } as const;
    expect(await source.measure(SUBJECT, check, T0_MS, {})).toMatchObject({ value: 1 });
    expect(await source.requests({ ...SUBJECT, apex: 'cart' }, 1, T0_MS)).toMatchObject({
      canary: 2,
    });
  });
});
