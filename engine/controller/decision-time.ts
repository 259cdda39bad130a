import type { Observation, WorkloadObservation } from '../core/observation.ts';
import type { RolloutRecord } from '../core/record.ts';

/** A clock that was set back must not date a decision before the one it follows. */
export function decisionTimeMs(record: RolloutRecord | undefined, clockMs: number): number {
  return Math.max(clockMs, record?.decidedAtMs ?? clockMs);
}

/**
 * While decisions are dated ahead of the clock, the cluster's moments are as well: how long pods have
 * been unavailable is the same whatever our clock says.
 */
export function datedAhead(seen: Observation, aheadMs: number): Observation {
  if (aheadMs === 0) return seen;
  return {
    ...seen,
    primary: workloadAhead(seen.primary, aheadMs),
    canary: workloadAhead(seen.canary, aheadMs),
  };
}

function workloadAhead(workload: WorkloadObservation, aheadMs: number): WorkloadObservation {
  if (workload.state !== 'found') return workload;
  const moments = MOMENTS.flatMap((field) => {
    const sinceMs = workload.status[field];
    return sinceMs === undefined ? [] : [[field, sinceMs + aheadMs]];
  });
  return { state: 'found', status: { ...workload.status, ...Object.fromEntries(moments) } };
}

const MOMENTS = ['unavailableSinceMs', 'unscaledSinceMs', 'startingSinceMs'] as const;
