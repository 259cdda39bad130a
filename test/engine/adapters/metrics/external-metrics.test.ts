import { describe, expect, it } from 'vitest';
import type { ExternalMetrics } from '../../../../engine/ports/external-metrics.ts';
import { askTemplate, json } from './template-question.ts';

const LIST = { kind: 'ExternalMetricValueList', items: [{ value: '12' }] };
const ask = (query: string, ...values: readonly (string | number)[]) =>
  askTemplate({
    type: 'externalmetrics',
    query,
    answer: json({ kind: 'ExternalMetricValueList', items: values.map((value) => ({ value })) }),
    credentials: { token: 'ext-token-1' },
  });

describe('the external metrics API', () => {
  it.each([
    ['queue', 'namespaces/default/queue'],
    ['/queue', 'namespaces/default/queue'],
    ['shop/queue', 'namespaces/shop/queue'],
    [
      'shop/s0-queue?labelSelector=app%3Dcart%2Ctier%21%3Dweb',
      'namespaces/shop/s0-queue?labelSelector=app%3Dcart%2Ctier%21%3Dweb',
    ],
  ])('is asked for %s', async (query, path) => {
    const { request } = await ask(query, '1');
    expect(request?.path).toBe(`/apis/external.metrics.k8s.io/v1beta1/${path}`);
    expect(request?.headers.authorization).toBe('Bearer ext-token-1');
  });

  it.each([
    ['12', 12],
    ['1500m', 1.5],
    ['2k', 2000],
    ['1Ki', 1024],
    ['12e3', 12_000],
    ['-0.5', -0.5],
    [7, 7],
  ])('gives the quantity %s', async (quantity, value) => {
    expect((await ask('queue', quantity)).measurement).toEqual({ kind: 'value', value });
  });

  it.each([
    ['no metric', [], 'empty', /no metrics/],
    ['several', ['1', '2'], 'error', /2 metrics/],
    ['no quantity', ['many'], 'error', /many is not a quantity/],
  ])('that answers with %s has given no value', async (_, values, kind, why) => {
    const { measurement } = await ask('queue', ...values);
    expect(measurement).toEqual({ kind, why: expect.stringMatching(why) });
  });

  it.each([
    ['is asked where the template names no other', { kind: 'read', list: LIST }, { value: 12 }],
    ['that says no has no value', { kind: 'unread', why: 'forbidden' }, { why: 'forbidden' }],
    [
      'that says something else has no value',
      { kind: 'read', list: { items: 5 } },
      { why: expect.stringMatching(/not what/) },
    ],
    ['that is not there has no value', undefined, { why: 'there is no cluster to ask' }],
  ] as const)('of the engine’s cluster %s', async (_, outcome, wanted) => {
    const asked: unknown[] = [];
    const externalMetrics: ExternalMetrics | undefined = outcome && {
      list(query) {
        asked.push(query);
        return Promise.resolve(outcome);
      },
    };
    const { measurement, requests } = await askTemplate({
      type: 'externalmetrics',
      query: 'shop/queue?labelSelector=a%3Db',
      answer: {},
      provider: { address: undefined },
      ...(externalMetrics === undefined ? {} : { externalMetrics }),
    });
    expect(measurement).toMatchObject(wanted);
    expect(requests).toEqual([]);
    const query = { namespace: 'shop', metric: 'queue', labelSelector: 'a=b' };
    expect(asked).toEqual(outcome === undefined ? [] : [query]);
  });

  it.each(['a/b/c', 'a b', ''])('is not asked for "%s"', async (query) => {
    const { measurement, requests } = await ask(query, '1');
    expect(measurement).toMatchObject({ kind: 'error' });
    expect(requests).toEqual([]);
  });
});
