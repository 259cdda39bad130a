import type { CanarySpec } from '../../constructs/canary-spec.ts';
import {
  canaryReadiness,
  hasLostItsPods,
  hooksOwed,
  primaryReadiness,
  waitForPrimary,
  waitForTraffic,
  waitForWorkloads,
} from './conditions.ts';
import { ABORTED, isAborted, waitForPeople } from './control.ts';
import type { Decision } from './decision.ts';
import type { Observation } from './observation.ts';
import { type RolloutRecord, rolloutOf } from './record.ts';
import { shiftedWeights } from './steps.ts';

/** The analysis has passed: the primary gets the revision, then its traffic back. */
export function decidePromoting(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Observation,
  nowMs: number,
): Decision {
  const unhealthy = decideUnhealthyPromotion(spec, record, seen, nowMs);
  if (unhealthy !== undefined) return unhealthy;
  if (isAborted(seen, rolloutOf(record))) {
    return { kind: 'rollback', reason: ABORTED, restorePrimary: true, ...hooksOwed(spec) };
  }
  const held = waitForPeople(seen);
  if (held !== undefined) return held;
  if (record.awaiting === 'shift-live') {
    const notLive = waitForTraffic(seen);
    if (notLive !== undefined) return notLive;
    const sinceMs = seen.traffic.state === 'live' ? seen.traffic.sinceMs : nowMs;
    const dueMs = Math.max(sinceMs, record.decidedAtMs) + spec.analysis.intervalMs;
    if (nowMs < dueMs) {
      return {
        kind: 'wait',
        why: 'the shift to the primary goes on after one interval',
        untilMs: dueMs,
      };
    }
  }
  const notReady = waitForPrimary(spec, seen, nowMs);
  if (notReady !== undefined) return notReady;
  return {
    kind: 'shift',
    reason: 'promoted primary ready',
    weights: shiftedWeights(record.weights, spec.analysis.stepWeightPromotion),
  };
}

/**
 * The promoted primary does not come up: traffic stays on the canary, which has passed its
 * analysis, while the primary gets its old revision back. And a canary that breaks down now is
 * rolled back, primary included, because the primary is getting the same revision.
 */
function decideUnhealthyPromotion(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Observation,
  nowMs: number,
): Decision | undefined {
  const notGiven = waitForWorkloads(seen);
  if (notGiven !== undefined) return notGiven;
  const canary = canaryReadiness(spec, seen, nowMs);
  const primary = primaryReadiness(spec, seen, nowMs);
  const isDown = canary.state === 'failed' || hasLostItsPods(record, seen);
  if (record.weights.canary > 0 && isDown && primary.state !== 'ready') {
    const why = canary.state === 'ready' ? 'no ready pod' : canary.why;
    const reason = `canary failed: ${why}`;
    return { kind: 'rollback', reason, restorePrimary: true, ...hooksOwed(spec) };
  }
  if (primary.state === 'failed') {
    const reason = `promoted primary failed: ${primary.why}`;
    return { kind: 'fail-promotion', reason, ...hooksOwed(spec) };
  }
  return undefined;
}
