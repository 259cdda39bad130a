/** A canary whose newest commit is not live although it should be: trouble, but not of the release. */
export interface NotLive {
  readonly reason: string;
  readonly sinceMs: number;
}

const DEADLINE_MIN_MS = 60_000;

/**
 * A commit may take a minute, or one analysis interval where that is longer, to become live. After
 * that people are told; nothing advances and no check counts as failed.
 */
export function judgeNotLive(
  candidate: NotLive,
  intervalMs: number,
  nowMs: number,
): NotLive | undefined {
  const deadlineMs = Math.max(DEADLINE_MIN_MS, intervalMs);
  return nowMs - candidate.sinceMs >= deadlineMs ? candidate : undefined;
}
