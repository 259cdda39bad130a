import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatInstant, parseInstant } from '../../../engine/core/instant.ts';

it('writes an instant as ISO 8601 in UTC, and reads back what it wrote', () => {
  expect(formatInstant(Date.UTC(2026, 0, 31, 12, 5, 9, 70))).toBe('2026-01-31T12:05:09.070Z');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), (instantMs) => {
      expect(parseInstant(formatInstant(instantMs))).toBe(instantMs);
    }),
  );
});

it('does not read what is no instant', () => {
  expect(parseInstant('soon')).toBeUndefined();
});
