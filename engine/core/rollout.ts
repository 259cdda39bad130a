import type { Change, Reject, Restart, Start } from './decision.ts';
import {
  type PromotedRelease,
  type Rollout,
  type RolloutOutcome,
  type RolloutRecord,
  rolloutOf,
} from './record.ts';

/** How the rollout in a record begins, goes on and ends. */

const COUNTS = { failedChecks: 0, iterations: 0, evaluations: 0 } as const;

/**
 * A restart that goes on keeps number, base and beginning. One that had to wait for its approval
 * begins from the state it waited in.
 */
export function startedRollout(record: RolloutRecord, change: Start, nowMs: number): Rollout {
  const restarted = record.phase === 'Progressing' ? rolloutOf(record) : undefined;
  return {
    ...change.release,
    number: upcomingNumber(record),
    attempt: change.attempt,
    startedAtMs: restarted?.startedAtMs ?? nowMs,
    base: change.base,
    baseConfigDigest: restarted?.baseConfigDigest ?? record.configDigest,
    strategyDigest: change.strategyDigest,
    ...COUNTS,
  };
}

/** A new rollout on the same base: what it returns to is still the state before the first one. */
export function restartedRollout(record: RolloutRecord, change: Restart, nowMs: number): Rollout {
  const { base, baseConfigDigest } = rolloutOf(record);
  return {
    ...change.release,
    number: rolloutOf(record).number + 1,
    attempt: change.attempt,
    startedAtMs: nowMs,
    base,
    baseConfigDigest,
    ...COUNTS,
  };
}

/** A rollout that ended before it began. */
export function rejectedRollout(record: RolloutRecord, change: Reject, nowMs: number): Rollout {
  return {
    ...change.release,
    number: upcomingNumber(record),
    attempt: change.attempt,
    startedAtMs: nowMs,
    base: change.base,
    baseConfigDigest: record.configDigest,
    ...COUNTS,
    outcome: 'failed',
    ...owing(change),
  };
}

export function evaluated(record: RolloutRecord, change: Change): Rollout {
  const rollout = rolloutOf(record);
  return change.checks === undefined
    ? rollout
    : { ...rollout, evaluations: rollout.evaluations + 1 };
}

export function ended(
  record: RolloutRecord,
  outcome: RolloutOutcome,
  change: { readonly hooksOwed?: true } = {},
): Rollout {
  return { ...rolloutOf(record), outcome, ...owing(change) };
}

export function promotedBy({ revision, source, number }: Rollout): PromotedRelease {
  return { revision, source, rollout: number };
}

function owing({ hooksOwed }: { readonly hooksOwed?: true }): { readonly hooksOwed?: true } {
  return hooksOwed === undefined ? {} : { hooksOwed };
}

/** The number of the rollout that runs or waits, or of the one that would start now. */
export function upcomingNumber({ rollout }: RolloutRecord): number {
  if (rollout === undefined) return 1;
  return rollout.outcome === undefined ? rollout.number : rollout.number + 1;
}
