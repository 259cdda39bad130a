import type { CanarySpec } from '../../constructs/canary-spec.ts';
import {
  attemptOf,
  canaryReadiness,
  hasLostItsPods,
  primaryReadiness,
  reconcile,
  rejectionOf,
  releaseOf,
  waitForTraffic,
  waitForWorkloads,
} from './conditions.ts';
import { decidePromoting } from './decide-promotion.ts';
import type { Decision } from './decision.ts';
import { assertInvariant } from './errors.ts';
import type { CheckResult, Observation } from './observation.ts';
import { type Rollout, type RolloutRecord, rolloutOf } from './record.ts';
import { ladderOf, nextStepWeight, stepNumber } from './steps.ts';
import { overallVerdict } from './verdict.ts';

/** A rollout under way: Progressing, Promoting or Finalising. */
export function decideRollout(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Observation,
  nowMs: number,
): Decision {
  const rollout = rolloutOf(record);
  if (record.phase === 'Progressing') {
    return decideProgressing(spec, record, rollout, seen, nowMs);
  }
  if (record.phase === 'Promoting') return decidePromoting(spec, record, seen, nowMs);
  return waitForTraffic(seen) ?? { kind: 'finish', reason: 'all traffic on the promoted primary' };
}

function decideProgressing(
  spec: CanarySpec,
  record: RolloutRecord,
  rollout: Rollout,
  seen: Observation,
  nowMs: number,
): Decision {
  if (rollout.failedChecks >= spec.analysis.threshold) {
    const reason = `failed checks threshold reached ${rollout.failedChecks}`;
    return { kind: 'rollback', reason, restorePrimary: false };
  }
  return (
    decideBeforeStep(spec, record, rollout, seen, nowMs) ??
    decideStep(spec, record, rollout, seen, nowMs)
  );
}

/** Whatever goes before the step itself. */
function decideBeforeStep(
  spec: CanarySpec,
  record: RolloutRecord,
  rollout: Rollout,
  seen: Observation,
  nowMs: number,
): Decision | undefined {
  return (
    decideSourceMoved(record, rollout, seen) ??
    decideWithoutPod(record, seen) ??
    (seen.source.configDigest === record.configDigest ? undefined : reconcile(seen)) ??
    decideUnhealthy(spec, record, seen, nowMs)
  );
}

/** The source wants something else than what is being analysed. */
function decideSourceMoved(
  record: RolloutRecord,
  rollout: Rollout,
  seen: Observation,
): Decision | undefined {
  const wanted = seen.source.revision;
  if (wanted === record.promoted.revision) {
    return { kind: 'withdraw', reason: 'the source returned to the promoted revision' };
  }
  if (wanted !== rollout.revision) {
    if (rejectionOf(seen) !== undefined) {
      return { kind: 'withdraw', reason: `the source moved to the rejected revision ${wanted}` };
    }
    return {
      kind: 'restart',
      reason: `new revision ${wanted}`,
      release: releaseOf(seen),
      attempt: attemptOf(seen),
    };
  }
  return undefined;
}

/**
 * Users get errors now, and the canary's own series say nothing: no interval and no metric is
 * waited for. A canary with weight was ready once, so that its live Deployment is the one it is
 * about, whatever the sync of its workloads does.
 */
function decideWithoutPod(record: RolloutRecord, seen: Observation): Decision | undefined {
  const weight = record.weights.canary;
  if (weight === 0 || !hasLostItsPods(record, seen)) return undefined;
  return rollback(`no ready pod while ${weight}% of the traffic goes to it`);
}

function decideUnhealthy(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Observation,
  nowMs: number,
): Decision | undefined {
  if (record.awaiting === 'traffic-on-primary') return undefined;
  const notGiven = waitForWorkloads(seen);
  if (notGiven !== undefined) return notGiven;
  const primary = primaryReadiness(spec, seen, nowMs);
  if (primary.state === 'failed') return rollback(`primary failed: ${primary.why}`);
  const canary = canaryReadiness(spec, seen, nowMs);
  if (canary.state === 'failed') return rollback(`canary failed: ${canary.why}`);
  if (primary.state !== 'ready') {
    return {
      kind: 'wait',
      why: `${spec.target.name}-primary.${spec.namespace} not ready: ${primary.why}`,
    };
  }
  if (canary.state !== 'ready') {
    return {
      kind: 'wait',
      why: `canary ${spec.target.name}.${spec.namespace} not ready: ${canary.why}`,
    };
  }
  return undefined;
}

function rollback(reason: string): Decision {
  return { kind: 'rollback', reason, restorePrimary: false };
}

function decideStep(
  spec: CanarySpec,
  record: RolloutRecord,
  rollout: Rollout,
  seen: Observation,
  nowMs: number,
): Decision {
  switch (record.awaiting) {
    case 'traffic-on-primary': {
      const notLive = waitForTraffic(seen);
      if (notLive !== undefined) return notLive;
      return {
        kind: 'start',
        reason: `revision ${seen.source.revision}`,
        release: releaseOf(seen),
        attempt: attemptOf(seen),
        base: rollout.base,
        configDigest: seen.source.configDigest,
      };
    }
    case 'canary-ready':
      return advance(spec, record, 'canary ready');
    case 'analysis':
      return decideAnalysis(spec, record, seen, nowMs);
    case 'primary-ready':
    case 'routing-live':
    case 'revision':
    case 'shift-live':
      assertInvariant(false, `Progressing awaits ${record.awaiting}`);
  }
}

function decideAnalysis(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Observation,
  nowMs: number,
): Decision {
  const notLive = waitForTraffic(seen);
  if (notLive !== undefined) return notLive;
  const dueMs = nextEvaluationMs(spec, record, seen);
  if (dueMs === undefined || nowMs < dueMs) {
    const why = `weight ${record.weights.canary} is live, next evaluation after one interval`;
    return { kind: 'wait', why, ...(dueMs === undefined ? {} : { untilMs: dueMs }) };
  }
  assertInvariant(seen.evaluation !== undefined, 'an evaluation is due but no check was made');
  if (seen.evaluation.state === 'pending') {
    const { why, untilMs } = seen.evaluation;
    return { kind: 'wait', why, untilMs, pendingEvidence: true };
  }
  const { checks } = seen.evaluation;
  if (overallVerdict(checks) !== 'pass') {
    return { kind: 'check-failed', reason: failureSummary(checks), checks };
  }
  const passed = passedSummary(checks);
  return { ...advance(spec, record, passed), checks };
}

/** One rung up, or the promotion once the last rung has been passed. */
function advance(
  spec: CanarySpec,
  record: RolloutRecord,
  passed: string,
): Extract<Decision, { kind: 'advance' | 'promote' }> {
  const ladder = ladderOf(spec.analysis.strategy);
  const next = nextStepWeight(ladder, record.weights.canary);
  if (next === undefined) return { kind: 'promote', reason: passed };
  const reason = `step ${stepNumber(ladder, next)} of ${ladder.length}, ${passed}`;
  return { kind: 'advance', reason, weights: { primary: 100 - next, canary: next } };
}

/**
 * When the step under way is evaluated next: one interval after it became live or after the
 * previous evaluation, whichever is later. Nothing while it is not live.
 */
function nextEvaluationMs(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Pick<Observation, 'traffic'>,
): number | undefined {
  if (record.phase !== 'Progressing' || record.awaiting !== 'analysis') return undefined;
  if (seen.traffic.state !== 'live') return undefined;
  return Math.max(seen.traffic.sinceMs, record.decidedAtMs) + spec.analysis.intervalMs;
}

/** Whether the shell must make the checks before it asks for a decision. */
export function areChecksDue(
  spec: CanarySpec,
  record: RolloutRecord | undefined,
  seen: Observation,
  nowMs: number,
): boolean {
  if (record === undefined) return false;
  const dueMs = nextEvaluationMs(spec, record, seen);
  if (dueMs === undefined || nowMs < dueMs) return false;
  const rollout = rolloutOf(record);
  return (
    rollout.failedChecks < spec.analysis.threshold &&
    decideBeforeStep(spec, record, rollout, seen, nowMs) === undefined
  );
}

function failureSummary(checks: readonly CheckResult[]): string {
  const failed = checks.filter((check) => check.verdict !== 'pass');
  return failed.map((check) => `${check.name} ${check.detail}`).join('; ');
}

function passedSummary(checks: readonly CheckResult[]): string {
  return checks.length === 1 ? '1 check passed' : `${checks.length} checks passed`;
}
