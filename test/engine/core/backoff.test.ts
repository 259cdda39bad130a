import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../engine/core/backoff.ts';

const range = { baseMs: 100, capMs: 1_000 };
const longest = { next: () => 0.999_999 };

describe('the pause before another attempt', () => {
  it('doubles its bound with each attempt, up to the cap', () => {
    const pauses = [0, 1, 2, 3, 4, 5].map((attempt) => backoffMs(attempt, range, longest));
    expect(pauses).toEqual([99, 199, 399, 799, 999, 999]);
  });

  it('is spread over the whole range', () => {
    expect(backoffMs(3, range, { next: () => 0 })).toBe(0);
    expect(backoffMs(3, range, { next: () => 0.5 })).toBe(400);
  });
});
