import { describe, expect, it } from 'vitest';
import type { Measurement } from '../../../engine/core/observation.ts';
import { judgeMetric, overallVerdict } from '../../../engine/core/verdict.ts';

type Answer = Exclude<Measurement, { kind: 'pending' }>;

const successRate = (range: { min?: number; max?: number }, answer: Answer) =>
  judgeMetric({ name: 'request-success-rate', intervalMs: 60_000, range }, answer);
const value = (number: number): Answer => ({ kind: 'value', value: number });

describe('a metric check', () => {
  it.each([
    ['passes on its lower bound', { min: 99 }, value(99), 'pass'],
    ['fails just below it', { min: 99 }, value(98.999), 'fail'],
    ['passes on its upper bound', { max: 500 }, value(500), 'pass'],
    ['fails just above it', { max: 500 }, value(500.001), 'fail'],
    ['passes between two bounds', { min: 1, max: 3 }, value(2), 'pass'],
    ['accepts any number without bounds', {}, value(-1), 'pass'],
    ['is inconclusive on NaN', { min: 99 }, value(Number.NaN), 'inconclusive'],
    ['is inconclusive on +Inf, even without bounds', {}, value(Infinity), 'inconclusive'],
    ['is inconclusive on -Inf', { max: 500 }, value(-Infinity), 'inconclusive'],
    [
      'is inconclusive without data',
      { min: 0 },
      { kind: 'empty', why: 'no series' },
      'inconclusive',
    ],
    ['is an error when the query failed', {}, { kind: 'error', why: 'HTTP 500' }, 'error'],
  ] as const)('%s', (_, range, answer, verdict) => {
    expect(successRate(range, answer).verdict).toBe(verdict);
  });

  it('says the value, the bound and the number of requests', () => {
    const result = successRate({ min: 99 }, { kind: 'value', value: 94.8333, samples: 1200 });
    expect(result).toMatchObject({ detail: '94.83% < 99%', value: 94.8333, samples: 1200 });
  });
});

it('lets the worst verdict rule', () => {
  const check = (verdict: 'pass' | 'fail' | 'inconclusive' | 'error') => ({
    name: 'x',
    verdict,
    detail: '',
  });
  expect(overallVerdict([])).toBe('pass');
  expect(overallVerdict([check('pass'), check('inconclusive')])).toBe('inconclusive');
  expect(overallVerdict([check('inconclusive'), check('error')])).toBe('error');
  expect(overallVerdict([check('error'), check('fail'), check('pass')])).toBe('fail');
});
