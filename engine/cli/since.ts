import { parseDurationMs } from '../config/duration.ts';
import { ProblemError } from '../core/errors.ts';
import { parseInstant } from '../core/instant.ts';

const DAY_MS = 86_400_000;

/** Reads `--since`: an instant, or how long ago: `7d`, `12h`. */
export function parseSince(text: string, nowMs: number): number {
  const days = /^(\d+)d$/.exec(text)?.[1];
  const agoMs = days === undefined ? parseDurationMs(text) : Number(days) * DAY_MS;
  const sinceMs = agoMs === undefined ? parseInstant(text) : nowMs - agoMs;
  if (sinceMs !== undefined) return sinceMs;
  throw new ProblemError([
    {
      code: 'invalid-argument',
      message: `--since is ${text}, which is neither a duration nor an instant`,
      remedy: 'write for example 7d, 12h or 2026-01-31T00:00:00Z',
    },
  ]);
}
