import { describe, expect, it } from 'vitest';
import { T0_MS } from '../../../support/builders.ts';
import { askTemplate, json, parametersOf } from './template-question.ts';

const ask = (answer: unknown) =>
  askTemplate({
    type: 'dynatrace',
    query: 'builtin:service.response.time:avg',
    answer: json(answer),
    credentials: { dynatrace_token: 'dt-token-1' },
  });
const data = (...values: readonly (number | null)[]) => ({ timestamps: [T0_MS], values });

describe('Dynatrace', () => {
  it('is asked for one value over the last intervals', async () => {
    const { request, measurement } = await ask({ result: [{ data: [data(42.5)] }] });
    expect(request?.path).toMatch(/^\/api\/v2\/metrics\/query\?/);
    expect(parametersOf(request)).toEqual({
      metricSelector: 'builtin:service.response.time:avg',
      resolution: 'Inf',
      from: String(T0_MS - 180_000),
      to: String(T0_MS),
    });
    expect(request?.headers.authorization).toBe('Api-Token dt-token-1');
    expect(measurement).toEqual({ kind: 'value', value: 42.5 });
  });

  it.each([
    ['no result', { result: [] }, 'empty', /no series/],
    ['a result without series', { result: [{ data: [] }] }, 'empty', /no series/],
    ['a series without values', { result: [{ data: [data()] }] }, 'empty', /no values/],
    ['a null', { result: [{ data: [data(null)] }] }, 'empty', /no value/],
    ['several series', { result: [{ data: [data(1), data(2)] }] }, 'error', /2 series/],
    [
      'several metrics',
      { result: [{ data: [data(1)] }, { data: [data(2)] }] },
      'error',
      /2 series/,
    ],
  ])('that answers with %s has given no value', async (_, answer, kind, why) => {
    expect((await ask(answer)).measurement).toEqual({ kind, why: expect.stringMatching(why) });
  });
});
