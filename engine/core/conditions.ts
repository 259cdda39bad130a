import type { CanarySpec } from '../../constructs/canary-spec.ts';
import { isRetried } from './control.ts';
import type { Decision, Wait } from './decision.ts';
import type { WorkloadStatus, Liveness, Observation } from './observation.ts';
import { judgeReadiness, type Readiness, type ReadinessRule } from './readiness.ts';
import { isUnrouted, type RejectedRevision, type Release, type RolloutRecord } from './record.ts';

/** The questions that several phases ask of an observation. */

export function releaseOf(seen: Observation): Release {
  return { revision: seen.source.revision, source: seen.source.commit };
}

type Known = Pick<Observation, 'source' | 'rejected' | 'control'>;

function entryOf({ source, rejected }: Known): RejectedRevision | undefined {
  return rejected.find((entry) => entry.revision === source.revision);
}

/** Why the revision of the source is not tried, unless somebody has asked for another attempt. */
export function rejectionOf(seen: Known): RejectedRevision | undefined {
  const entry = entryOf(seen);
  return entry === undefined || isRetried(seen, entry) ? undefined : entry;
}

/** The number of the attempt that would begin now, or that was begun last. */
export function attemptOf(seen: Known): number {
  return (entryOf(seen)?.attempts ?? 0) + 1;
}

/** A rollout that ends now leaves its post-rollout hooks to be called. */
export function hooksOwed({ analysis }: CanarySpec): { readonly hooksOwed?: true } {
  const hasHooks = analysis.webhooks.some(({ type }) => type === 'post-rollout');
  return hasHooks ? { hooksOwed: true } : {};
}

export function reconcile(seen: Observation): Decision {
  return {
    kind: 'reconcile',
    reason: 'options changed in the source',
    configDigest: seen.source.configDigest,
  };
}

export function primaryReadiness(
  spec: CanarySpec,
  seen: Observation,
  nowMs: number,
  leastReplicas = 0,
): Readiness {
  const rule = { ...readinessRule(spec, 'primary'), leastReplicas };
  return judgeReadiness(seen.primary, rule, nowMs);
}

export function canaryReadiness(
  spec: CanarySpec,
  seen: Observation,
  nowMs: number,
  leastReplicas = 0,
): Readiness {
  const rule = { ...readinessRule(spec, 'canary'), leastReplicas };
  return judgeReadiness(seen.canary, rule, nowMs);
}

/** The two workloads of a canary. */
export type Track = 'primary' | 'canary';

/** The track that no request has met yet, and that the next decision may lead some to. */
export function trackBeforeTraffic(record: RolloutRecord): Track | undefined {
  if (isUnrouted(record)) return 'primary';
  const isBeforeCanary = record.awaiting === 'canary-ready' || record.awaiting === 'target-ready';
  return isBeforeCanary ? 'canary' : undefined;
}

export function readinessRule(spec: CanarySpec, track: Track): ReadinessRule {
  const { primaryReadyThreshold, canaryReadyThreshold } = spec.analysis;
  return {
    kind: spec.target.kind,
    thresholdPercent: track === 'primary' ? primaryReadyThreshold : canaryReadyThreshold,
    progressDeadlineSeconds: spec.progressDeadlineSeconds,
  };
}

/** Nothing is known about readiness while the cluster still runs the previous workloads. */
export function waitForWorkloads(seen: Observation): Wait | undefined {
  return waitFor(seen.workloads);
}

export function waitForTraffic(seen: Observation): Wait | undefined {
  return waitFor(seen.traffic);
}

function waitFor(liveness: Liveness): Wait | undefined {
  return liveness.state === 'live'
    ? undefined
    : { kind: 'wait', why: liveness.why, notLiveYet: true };
}

export function waitForPrimary(
  spec: CanarySpec,
  seen: Observation,
  nowMs: number,
  leastReplicas = 0,
): Wait | undefined {
  const notGiven = waitForWorkloads(seen);
  if (notGiven !== undefined) return notGiven;
  const readiness = primaryReadiness(spec, seen, nowMs, leastReplicas);
  const name = `${spec.target.name}-primary.${spec.namespace}`;
  switch (readiness.state) {
    case 'ready':
      return undefined;
    case 'progressing':
    case 'unknown':
      return { kind: 'wait', why: `${name} not ready: ${readiness.why}`, unready: true };
    case 'failed':
      return {
        kind: 'blocked',
        why: `${name} failed: ${readiness.why}`,
        remedy: `look at the pods of ${name}; nothing is moved until it is ready`,
      };
  }
}

/** A canary that carried traffic and has nobody left to answer it. */
export function hasLostItsPods(record: RolloutRecord, { canary, workloads }: Observation): boolean {
  switch (canary.state) {
    case 'unknown':
      return false;
    case 'missing':
      return workloads.state === 'live';
    case 'found': {
      const { generation, observedGeneration, availableReplicas } = canary.status;
      const isCurrent = observedGeneration >= generation;
      return isCurrent && availableReplicas === 0 && !isStartingAnew(record, canary.status);
    }
  }
}

/**
 * A workload younger than the step was never ready for it: the cluster has been made anew, and
 * its primary has no more pods than the canary. The progress deadline judges it.
 */
function isStartingAnew(record: RolloutRecord, { startingSinceMs = 0 }: WorkloadStatus): boolean {
  return startingSinceMs > (record.step?.committedMs ?? record.decidedAtMs);
}
