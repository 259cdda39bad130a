import { describe, expect, it } from 'vitest';
import { askTemplate, json, parametersOf } from './template-question.ts';

const credentials = { newrelic_account_id: '12345', newrelic_query_key: 'query-key-1' };
const ask = (answer: unknown) =>
  askTemplate({
    type: 'newrelic',
    query: 'SELECT percentage(count(*), WHERE error) FROM Transaction',
    answer: json(answer),
    credentials,
    intervalMs: 90_000,
  });

describe('New Relic', () => {
  it('is asked for the interval of the check', async () => {
    const { request, measurement } = await ask({ results: [{ result: 0.5 }] });
    expect(request?.path).toMatch(/^\/v1\/accounts\/12345\/query\?/);
    expect(parametersOf(request)).toEqual({
      nrql: 'SELECT percentage(count(*), WHERE error) FROM Transaction SINCE 90 seconds ago',
    });
    expect(request?.headers['x-query-key']).toBe('query-key-1');
    expect(measurement).toEqual({ kind: 'value', value: 0.5 });
  });

  it.each([
    ['no results', { results: [] }, 'empty', /no results/],
    ['a null', { results: [{ result: null }] }, 'empty', /no value/],
    ['a result of another shape', { results: [{ count: 5 }] }, 'empty', /no value/],
    ['several results', { results: [{ result: 1 }, { result: 2 }] }, 'error', /2 results/],
  ])('that answers with %s has given no value', async (_, answer, kind, why) => {
    expect((await ask(answer)).measurement).toEqual({ kind, why: expect.stringMatching(why) });
  });
});
