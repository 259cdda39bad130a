import { describe, expect, it } from 'vitest';
import { T0_MS } from '../../../support/builders.ts';
import { askTemplate, json, parametersOf } from './template-question.ts';

const NOW = T0_MS / 1000;
const target = (...points: readonly (readonly [number | string | null, number])[]) => ({
  target: 'x',
  datapoints: points,
});
const ask = (answer: unknown, credentials?: Readonly<Record<string, string>>) =>
  askTemplate({
    type: 'graphite',
    query: 'target=summarize(\n  shop.errors,\n  "1min"\n)&from=-5min',
    answer: json(answer),
    ...(credentials === undefined ? {} : { credentials }),
  });

describe('Graphite', () => {
  it('is asked with the query as the query string', async () => {
    const { request } = await ask([]);
    expect(request?.path).toMatch(/^\/render\?/);
    expect(parametersOf(request)).toEqual({
      target: 'summarize( shop.errors, "1min" )',
      from: '-5min',
      format: 'json',
    });
    expect(request?.headers.authorization).toBeUndefined();
  });

  it('is told name and password where there is a Secret', async () => {
    const { request } = await ask([], { username: 'u', password: 'p' });
    expect(request?.headers.authorization).toBe('Basic dTpw');
    const { measurement } = await ask([], { username: 'u' });
    expect(measurement).toEqual({ kind: 'error', why: 'Secret shop/keys has no key password' });
  });

  it('gives the newest value that there is', async () => {
    const points = target([1, NOW - 120], ['2.5', NOW - 60], [null, NOW]);
    expect((await ask([points])).measurement).toEqual({ kind: 'value', value: 2.5 });
  });

  it.each([
    ['no target', [], 'empty', /no targets/],
    ['nothing but nulls', [target([null, NOW])], 'empty', /no values/],
    ['an old value', [target([5, NOW - 3600])], 'empty', /3600 s old/],
    ['several targets', [target([1, NOW]), target([2, NOW])], 'error', /2 targets/],
    ['no list', { a: 1 }, 'error', /not what the API promises/],
  ])('that answers with %s has given no value', async (_, answer, kind, why) => {
    expect((await ask(answer)).measurement).toEqual({ kind, why: expect.stringMatching(why) });
  });
});
