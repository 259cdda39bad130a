/** Rollbacks and what people ask for have a lane of their own: they wait for nobody's steps. */
export type Lane = 'urgent' | 'ordinary';

/** How often a server wants to be pushed to, per repository. */
export interface PushBudget {
  /** In any 60 seconds. */
  readonly perMinute: number;
  /** Urgent pushes that may follow an ordinary one at once. */
  readonly reserved: number;
}

const MINUTE_MS = 60_000;

/**
 * A bucket of tokens (GCRA) whose whole state is one instant: when it will be full again. No 60
 * seconds ever hold more than `perMinute` pushes. An ordinary push waits for a full bucket, so that
 * steps are spread over the minute and the reserve is always there; an urgent one waits for the
 * next token at the longest.
 *
 * @param fullMs when the bucket is full again, by all pushes so far
 * @returns the first moment at which a push of the lane may go; `nowMs` if it may at once
 * @see https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
 */
export function budgetOpensMs(
  lane: Lane,
  budget: PushBudget,
  fullMs: number,
  nowMs: number,
): number {
  const dueMs = believed(budget, fullMs, nowMs);
  const aheadMs = lane === 'urgent' ? budget.reserved * tokenMs(budget) : 0;
  return Math.max(nowMs, dueMs - aheadMs);
}

/** When the bucket is full again after one more push. */
export function fullAfterPushMs(budget: PushBudget, fullMs: number, nowMs: number): number {
  return Math.max(nowMs, believed(budget, fullMs, nowMs)) + tokenMs(budget);
}

/** A token comes back after so long. */
function tokenMs({ perMinute, reserved }: PushBudget): number {
  return Math.ceil(MINUTE_MS / (perMinute - reserved));
}

/** A bucket that needs longer than from empty to full was seen by a clock that was set back since. */
function believed(budget: PushBudget, fullMs: number, nowMs: number): number {
  const emptyMs = (budget.reserved + 1) * tokenMs(budget);
  return fullMs - nowMs > emptyMs ? nowMs : fullMs;
}

/**
 * How long to leave a server alone that refused for too many requests and did not say for how long:
 * a minute, and twice as much with each refusal in a row.
 * @see https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
export function leaveAloneMs(refusalsBefore: number): number {
  return Math.min(MINUTE_MS * 2 ** refusalsBefore, 15 * MINUTE_MS);
}
