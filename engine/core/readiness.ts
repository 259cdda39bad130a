import type { WorkloadObservation } from './observation.ts';

/** Whether a workload can carry traffic, judged as `kubectl rollout status` judges it. */
export type Readiness =
  | { readonly state: 'ready' }
  /** Not yet, and it may still come. */
  | { readonly state: 'progressing'; readonly why: string }
  /** Not, and waiting does not help. */
  | { readonly state: 'failed'; readonly why: string }
  | { readonly state: 'unknown'; readonly why: string };

export interface ReadinessRule {
  /** Share of the updated replicas that must be available, in percent. */
  readonly thresholdPercent: number;
  /** How long the workload may stay unavailable. */
  readonly progressDeadlineSeconds: number;
}

/**
 * The order of the checks and their texts follow `kubectl rollout status` and Flagger, with one
 * difference: a workload that somebody scaled to zero outside Git is not ready.
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status
 */
export function judgeReadiness(
  workload: WorkloadObservation,
  rule: ReadinessRule,
  nowMs: number,
): Readiness {
  switch (workload.state) {
    case 'missing':
      return { state: 'progressing', why: 'the Deployment does not exist yet' };
    case 'unknown':
      return { state: 'unknown', why: workload.why };
    case 'found':
      return judgeDeployment(workload.status, rule, nowMs);
  }
}

type Status = Extract<WorkloadObservation, { state: 'found' }>['status'];

function judgeDeployment(status: Status, rule: ReadinessRule, nowMs: number): Readiness {
  if (status.generation > status.observedGeneration) {
    return progressing('observed deployment generation less than desired generation');
  }
  if (status.progressDeadlineExceeded) {
    return { state: 'failed', why: 'the Deployment exceeded its progress deadline' };
  }
  const missing = whatIsMissing(status, rule.thresholdPercent);
  if (missing === undefined) return { state: 'ready' };
  const unavailableMs = nowMs - (status.unavailableSinceMs ?? nowMs);
  if (unavailableMs > rule.progressDeadlineSeconds * 1000) {
    return {
      state: 'failed',
      why: `${missing}, unavailable for ${Math.floor(unavailableMs / 1000)}s (progressDeadlineSeconds ${rule.progressDeadlineSeconds})`,
    };
  }
  return progressing(missing);
}

function progressing(missing: string): Readiness {
  return { state: 'progressing', why: `waiting for rollout to finish: ${missing}` };
}

function whatIsMissing(status: Status, thresholdPercent: number): string | undefined {
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
