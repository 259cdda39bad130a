import { describe, expect, it } from 'vitest';
import { formatGoDuration, formatGoFloat } from '../../../engine/core/go-text.ts';

describe('a float', () => {
  it.each([
    [99, '99'],
    [99.95, '99.95'],
    [0, '0'],
    [-0, '-0'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [999_999, '999999'],
    [1_000_000, '1e+06'],
    [Infinity, '+Inf'],
    [-Infinity, '-Inf'],
    [Number.NaN, 'NaN'],
  ])('%f reads as Go prints it', (value, text) => {
    expect(formatGoFloat(value)).toBe(text);
  });
});

describe('a duration', () => {
  it.each([
    [0, '0s'],
    [7, '7ms'],
    [500, '500ms'],
    [1_000, '1s'],
    [1_515, '1.515s'],
    [59_999, '59.999s'],
    [60_000, '1m0s'],
    [90_500, '1m30.5s'],
    [3_600_000, '1h0m0s'],
    [-1_500, '-1.5s'],
  ])('of %d ms reads as Go prints it', (durationMs, text) => {
    expect(formatGoDuration(durationMs)).toBe(text);
  });
});
