import { expect, it } from 'vitest';
import { judgeNotLive } from '../../../engine/core/not-live.ts';
import { MINUTE_MS, T0_MS } from '../../support/builders.ts';

const candidate = { reason: 'the agent is behind', sinceMs: T0_MS };

it.each([
  ['an interval shorter than a minute', 10_000, MINUTE_MS],
  ['an interval longer than a minute', 3 * MINUTE_MS, 3 * MINUTE_MS],
])('with %s the deadline is the longer of the two', (_, intervalMs, deadlineMs) => {
  expect(judgeNotLive(candidate, intervalMs, T0_MS + deadlineMs - 1)).toBeUndefined();
  expect(judgeNotLive(candidate, intervalMs, T0_MS + deadlineMs)).toEqual(candidate);
});
