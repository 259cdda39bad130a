import type { CanarySpec } from '../../constructs/canary-spec.ts';
import {
  attemptOf,
  canaryReadiness,
  hasLostItsPods,
  hooksOwed,
  primaryReadiness,
  reconcile,
  rejectionOf,
  releaseOf,
  waitForTraffic,
  waitForWorkloads,
} from './conditions.ts';
import { considerAnalysis, considerFirstPass } from './decide-analysis.ts';
import { ABORTED, isAborted, isSkipped, waitForPeople } from './control.ts';
import { decidePromoting } from './decide-promotion.ts';
import { halt, start, startQuestions } from './decide-rest.ts';
import type { Decision } from './decision.ts';
import { assertInvariant } from './errors.ts';
import type { Observation } from './observation.ts';
import { answersTo, type Ask, refusalIn } from './questions.ts';
import { type Rollout, type RolloutRecord, rolloutOf } from './record.ts';
import { strategyDigestOf } from './steps.ts';

/** A rollout under way: Progressing, WaitingPromotion, Promoting or Finalising. */
export function considerRollout(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Observation,
  nowMs: number,
): Decision | Ask {
  const rollout = rolloutOf(record);
  if (record.phase === 'Promoting') return decidePromoting(spec, record, seen, nowMs);
  if (record.phase === 'Finalising') {
    const reason = 'all traffic on the promoted primary';
    const held = waitForTraffic(seen) ?? waitForPeople(seen);
    return held ?? { kind: 'finish', reason, ...hooksOwed(spec) };
  }
  if (rollout.failedChecks >= spec.analysis.threshold) {
    return rollback(spec, `failed checks threshold reached ${rollout.failedChecks}`);
  }
  if (isAborted(seen, rollout)) return rollback(spec, ABORTED);
  return (
    decideSourceMoved(spec, record, rollout, seen) ??
    decideWithoutPod(spec, record, seen) ??
    (seen.source.configDigest === record.configDigest ? undefined : reconcile(seen)) ??
    decideUnhealthy(spec, record, seen, nowMs) ??
    considerStep(spec, record, seen, nowMs)
  );
}

/** The source wants something else than what is being analysed. */
function decideSourceMoved(
  spec: CanarySpec,
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
    const reason = `new revision ${wanted}`;
    return { kind: 'restart', reason, release: releaseOf(seen), attempt: attemptOf(seen) };
  }
  const { strategyDigest } = rollout;
  if (strategyDigest !== undefined && strategyDigest !== strategyDigestOf(spec)) {
    const reason = 'the strategy changed';
    return { kind: 'restart', reason, release: releaseOf(seen), attempt: attemptOf(seen) };
  }
  return undefined;
}

/**
 * Users get errors now, and the canary's own series say nothing: no interval and no metric is
 * waited for. A canary with weight was ready once, so that its live Deployment is the one it is
 * about, whatever the sync of its workloads does.
 */
function decideWithoutPod(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Observation,
): Decision | undefined {
  const weight = record.weights.canary;
  if (weight === 0 || !hasLostItsPods(record, seen)) return undefined;
  return rollback(spec, `no ready pod while ${weight}% of the traffic goes to it`);
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
  const isPrimaryNeeded = !isSkipped(spec, seen, rolloutOf(record));
  if (isPrimaryNeeded && primary.state === 'failed') {
    return rollback(spec, `primary failed: ${primary.why}`);
  }
  // With weight the autoscaler has done its part, or came too late for this rollout.
  const least = record.weights.canary === 0 ? spec.autoscaler?.least.canary : undefined;
  const canary = canaryReadiness(spec, seen, nowMs, least);
  if (canary.state === 'failed') return rollback(spec, `canary failed: ${canary.why}`);
  if (isPrimaryNeeded && primary.state !== 'ready') {
    return {
      kind: 'wait',
      why: `${spec.target.name}-primary.${spec.namespace} not ready: ${primary.why}`,
      unready: true,
    };
  }
  if (canary.state !== 'ready') {
    return {
      kind: 'wait',
      why: `canary ${spec.target.name}.${spec.namespace} not ready: ${canary.why}`,
      unready: true,
    };
  }
  return undefined;
}

function rollback(spec: CanarySpec, reason: string): Decision {
  return { kind: 'rollback', reason, restorePrimary: false, ...hooksOwed(spec) };
}

function considerStep(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Observation,
  nowMs: number,
): Decision | Ask {
  if (record.awaiting === 'traffic-on-primary') {
    return waitForTraffic(seen) ?? waitForPeople(seen) ?? considerRestart(spec, record, seen);
  }
  const held = waitForPeople(seen);
  if (held !== undefined) return held;
  if (isSkipped(spec, seen, rolloutOf(record))) return decideSkipped(spec, record);
  switch (record.awaiting) {
    case 'canary-ready':
      return considerFirstPass(spec, record, seen, nowMs);
    case 'analysis':
      return waitForTraffic(seen) ?? considerAnalysis(spec, record, seen, nowMs);
    case 'primary-ready':
    case 'routing-live':
    case 'revision':
    case 'approval':
    case 'shift-live':
    case 'target-ready':
    case 'traffic-on-target':
    case 'routes-gone':
      assertInvariant(false, `${record.phase} awaits ${record.awaiting}`);
  }
}

/** The traffic of the rollout before has gone; whoever approved that one has not approved this. */
function considerRestart(spec: CanarySpec, record: RolloutRecord, seen: Observation) {
  const answers = answersTo(startQuestions(spec, seen), seen);
  if (answers.kind !== 'answers') return answers;
  const { checks } = answers;
  const refused = refusalIn(checks);
  return refused === undefined
    ? start(spec, seen, rolloutOf(record).base, checks)
    : halt(seen, checks, refused);
}

/** Where no user meets the canary yet nothing has to be shifted back: one commit does it all. */
function decideSkipped(spec: CanarySpec, record: RolloutRecord): Decision {
  const reason = spec.skipAnalysis ? 'analysis skipped' : 'promoted by control.yaml';
  return record.weights.canary === 0
    ? { kind: 'skip-analysis', reason, ...hooksOwed(spec) }
    : { kind: 'promote', reason };
}
