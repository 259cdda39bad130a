import { describe, expect, it } from 'vitest';
import { parseDurationMs } from '../../../engine/config/duration.ts';

describe('a duration', () => {
  it.each([
    ['30s', 30_000],
    ['1m', 60_000],
    ['1m30s', 90_000],
    ['500ms', 500],
    ['1h', 3_600_000],
    ['1.5s', 1_500],
  ])('%s is %i ms', (text, durationMs) => {
    expect(parseDurationMs(text)).toBe(durationMs);
  });

  it.each(['', '10', 'soon', '-1m', '1 m', '1d', 'm'])('is not %j', (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });
});
