import { formatInstant } from '../core/instant.ts';
import type { Lane } from '../core/push-budget.ts';
import type { QueuedDecision } from './result.ts';

/** A queued decision as it is shown to people and programs; instants in ISO 8601. */
export interface QueueEntry {
  /** Absent for manifests that belong to no canary. */
  readonly canary?: string | undefined;
  readonly lane: Lane;
  readonly subjects: readonly string[];
  readonly since: string;
  readonly until?: string | undefined;
  readonly why: string;
}

/** Urgent ones first, and of these the ones that have waited longest. */
export function queueView(decisions: readonly QueuedDecision[]): readonly QueueEntry[] {
  return decisions
    .toSorted(
      (a, b) => Number(b.lane === 'urgent') - Number(a.lane === 'urgent') || a.sinceMs - b.sinceMs,
    )
    .map(({ canary, lane, subjects, sinceMs, untilMs, why }) => ({
      ...(canary === undefined ? {} : { canary }),
      lane,
      subjects,
      since: formatInstant(sinceMs),
      ...(untilMs === undefined ? {} : { until: formatInstant(untilMs) }),
      why,
    }));
}
