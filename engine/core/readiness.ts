import type { TargetKind } from '../../constructs/canary-spec.ts';
import type { WorkloadObservation, WorkloadStatus } from './observation.ts';

/** Whether a workload can carry traffic, judged as `kubectl rollout status` judges it. */
export type Readiness =
  | { readonly state: 'ready' }
  /** Not yet, and it may still come. */
  | { readonly state: 'progressing'; readonly why: string }
  /** Not, and waiting does not help. */
  | { readonly state: 'failed'; readonly why: string }
  | { readonly state: 'unknown'; readonly why: string };

export interface ReadinessRule {
  readonly kind: TargetKind;
  /** Share of the updated replicas that must be available, in percent. */
  readonly thresholdPercent: number;
  /** How long the workload may stay unavailable. */
  readonly progressDeadlineSeconds: number;
  /** The fewest replicas that its autoscaler gives: with fewer it has not been scaled yet. */
  readonly leastReplicas?: number;
}

/**
 * The order of the checks and their texts follow `kubectl rollout status` and Flagger, with two
 * differences: a workload that somebody scaled to zero outside Git is not ready, and neither is one
 * whose pods its Service does not lead to yet; for that it is waited, and no release is to blame. A
 * target that is a Service has no pods of its own that could be waited for.
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
 */
export function judgeReadiness(
  workload: WorkloadObservation,
  rule: ReadinessRule,
  nowMs: number,
): Readiness {
  if (rule.kind === 'Service') return { state: 'ready' };
  switch (workload.state) {
    case 'missing':
      return { state: 'progressing', why: `the ${rule.kind} does not exist yet` };
    case 'unknown':
      return { state: 'unknown', why: workload.why };
    case 'found':
      return judgeStatus(workload.status, rule, nowMs);
  }
}

function judgeStatus(status: WorkloadStatus, rule: ReadinessRule, nowMs: number): Readiness {
  if (status.generation > status.observedGeneration) {
    const kind = rule.kind === 'DaemonSet' ? 'daemonset' : 'deployment';
    return progressing(`observed ${kind} generation less than desired generation`);
  }
  if (status.progressDeadlineExceeded) {
    return { state: 'failed', why: `the ${rule.kind} exceeded its progress deadline` };
  }
  const lack = lackOf(status, rule);
  if (lack === undefined) return { state: 'ready' };
  const { why, sinceMs = nowMs } = lack;
  if (nowMs - sinceMs <= rule.progressDeadlineSeconds * 1000) return progressing(why);
  const seconds = Math.floor((nowMs - sinceMs) / 1000);
  const deadline = `progressDeadlineSeconds ${rule.progressDeadlineSeconds}`;
  return { state: 'failed', why: `${why}, unavailable for ${seconds}s (${deadline})` };
}

function progressing(why: string): Readiness {
  return { state: 'progressing', why: `waiting for rollout to finish: ${why}` };
}

interface Lack {
  readonly why: string;
  readonly sinceMs: number | undefined;
}

function lackOf(status: WorkloadStatus, rule: ReadinessRule): Lack | undefined {
  const { desiredReplicas, unscaledSinceMs, unavailableSinceMs } = status;
  const { leastReplicas = 0 } = rule;
  if (desiredReplicas > 0 && desiredReplicas < leastReplicas) {
    const why = `its autoscaler has not scaled it to ${leastReplicas} yet, but to ${desiredReplicas}`;
    return { why, sinceMs: unscaledSinceMs };
  }
  const why = whatIsMissing(status, rule);
  if (why !== undefined) return { why, sinceMs: unavailableSinceMs };
  if (status.readyEndpoints !== 0) return undefined;
  return { why: 'its Service has no ready endpoint yet', sinceMs: undefined };
}

function whatIsMissing(status: WorkloadStatus, rule: ReadinessRule): string | undefined {
  return rule.kind === 'DaemonSet'
    ? missingOnNodes(status, rule.thresholdPercent)
    : missingReplicas(status, rule.thresholdPercent);
}

function missingReplicas(status: WorkloadStatus, thresholdPercent: number): string | undefined {
  if (status.desiredReplicas === 0) return 'the Deployment is scaled to 0 replicas outside Git';
  if (status.updatedReplicas < status.desiredReplicas) {
    return `${status.updatedReplicas} out of ${status.desiredReplicas} new replicas have been updated`;
  }
  if (status.replicas > status.updatedReplicas) {
    return `${status.replicas - status.updatedReplicas} old replicas are pending termination`;
  }
  const required = Math.floor((status.updatedReplicas * thresholdPercent) / 100);
  if (status.availableReplicas < required) {
    return `${status.availableReplicas} of ${status.updatedReplicas} (readyThreshold ${thresholdPercent}%) updated replicas are available`;
  }
  return undefined;
}

function missingOnNodes(status: WorkloadStatus, thresholdPercent: number): string | undefined {
  const { desiredReplicas: nodes, updatedReplicas, availableReplicas } = status;
  if (nodes === 0) return 'no node is found that the DaemonSet may run on';
  if (updatedReplicas < nodes) {
    return `${updatedReplicas} out of ${nodes} new pods have been updated`;
  }
  if (availableReplicas < Math.floor((nodes * thresholdPercent) / 100)) {
    return `${availableReplicas} of ${nodes} (readyThreshold ${thresholdPercent}%) updated pods are available`;
  }
  return undefined;
}
