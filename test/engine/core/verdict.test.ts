import { describe, expect, it } from 'vitest';
import type { Measurement } from '../../../engine/core/observation.ts';
import { judgeMetric } from '../../../engine/core/verdict.ts';

type Answer = Exclude<Measurement, { kind: 'pending' }>;

const successRate = (range: { min?: number; max?: number }, answer: Answer) =>
  judgeMetric({ kind: 'builtin', name: 'request-success-rate', intervalMs: 60_000, range }, answer);
const duration = (max: number, answer: Answer) =>
  judgeMetric({ kind: 'builtin', name: 'request-duration', intervalMs: 1, range: { max } }, answer);
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

describe('a duration', () => {
  it.each([
    [500.9, 'pass', '500ms <= 500ms'],
    [501, 'fail', '501ms > 500ms'],
    [0.4, 'pass', '0ms <= 500ms'],
  ])('of %f ms is judged in whole milliseconds: %s', (ms, verdict, detail) => {
    expect(duration(500, value(ms))).toMatchObject({ verdict, detail });
  });
});

describe('a metric of somebody’s own', () => {
  const check = { kind: 'query', name: 'request-duration', query: 'q', intervalMs: 1 } as const;

  it('has no unit and keeps its fraction, whatever its name', () => {
    const result = judgeMetric({ ...check, range: { max: 0.5 } }, value(0.75));
    expect(result).toMatchObject({ verdict: 'fail', metric: 'query', detail: '0.75 > 0.5' });
    expect(result.query).toBe('q');
  });

  it('shows as many decimals as its breach needs', () => {
    const judged = (number: number) => judgeMetric({ ...check, range: { min: 5 } }, value(number));
    expect(judged(4.9999).detail).toBe('4.9999 < 5');
    expect(judged(5.0001).detail).toBe('5 >= 5');
    expect(judged(4.123456).detail).toBe('4.12 < 5');
  });
});
