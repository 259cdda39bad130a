import { expect, it } from 'vitest';
import { formatDuration } from '../../../engine/core/duration.ts';

it.each([
  [0, '0ms'],
  [250, '250ms'],
  [30_000, '30s'],
  [60_000, '1m'],
  [90_000, '1m30s'],
  [3_600_000, '1h'],
  [1_500, '1s500ms'],
])('writes %i ms as %s', (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
});
