import { describe, expect, it } from 'vitest';
import { T0_MS } from '../../../support/builders.ts';
import { askTemplate, json, parametersOf } from './template-question.ts';

const credentials = { datadog_api_key: 'api-key-1', datadog_application_key: 'app-key-1' };
const series = (...points: readonly (readonly [ageSeconds: number, value: number | null])[]) => ({
  interval: 20,
  pointlist: points.map(([ageSeconds, value]) => [T0_MS - ageSeconds * 1000, value]),
});
const ask = (answer: unknown, keys: Readonly<Record<string, string>> = credentials) =>
  askTemplate({ type: 'datadog', query: 'avg:x{a:b}', answer: json(answer), credentials: keys });

describe('Datadog', () => {
  it('is asked as its API wants it, over Flagger’s window', async () => {
    const { request } = await ask({ series: [] });
    expect(request?.path).toMatch(/^\/api\/v1\/query\?/);
    expect(parametersOf(request)).toEqual({
      query: 'avg:x{a:b}',
      from: String(T0_MS / 1000 - 600),
      to: String(T0_MS / 1000),
    });
    expect(request?.headers).toMatchObject({
      'dd-api-key': 'api-key-1',
      'dd-application-key': 'app-key-1',
    });
  });

  it('gives the newest value whose bucket is over', async () => {
    const { measurement } = await ask({ series: [series([60, 1], [40, 2], [20, 3], [0, 4])] });
    expect(measurement).toEqual({ kind: 'value', value: 3 });
  });

  it.each([
    ['no series', { series: [] }, 'empty', /no series/],
    ['a series without points', { series: [series()] }, 'empty', /no values/],
    ['nothing but nulls', { series: [series([40, null])] }, 'empty', /no values/],
    ['a bucket that still fills', { series: [series([10, 5])] }, 'empty', /not over/],
    ['an old value', { series: [series([400, 5])] }, 'empty', /380 s old, more than 3 intervals/],
    ['several series', { series: [series([40, 1]), series([40, 2])] }, 'error', /2 series/],
    ['an error of its own', { error: 'Rate limit', series: [] }, 'error', /Rate limit/],
    ['something else', { series: 5 }, 'error', /not what the API promises/],
  ])('that answers with %s has given no value', async (_, answer, kind, why) => {
    const { measurement } = await ask(answer);
    expect(measurement).toEqual({ kind, why: expect.stringMatching(why) });
  });

  it.each([
    ['datadog_api_key', { datadog_application_key: 'a' }],
    ['datadog_application_key', { datadog_api_key: 'a' }],
  ])('is not asked without %s', async (key, keys) => {
    const { measurement, requests } = await ask({}, keys);
    expect(measurement).toEqual({ kind: 'error', why: `Secret shop/keys has no key ${key}` });
    expect(requests).toEqual([]);
  });
});
