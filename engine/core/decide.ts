import type { CanarySpec } from '../../constructs/canary-spec.ts';
import type { Decision } from './decision.ts';
import {
  attemptOf,
  reconcile,
  rejectionOf,
  releaseOf,
  waitForPrimary,
  waitForTraffic,
  waitForWorkloads,
} from './conditions.ts';
import { decideRollout } from './decide-rollout.ts';
import type { Observation } from './observation.ts';
import type { RolloutRecord } from './record.ts';
import { assertInvariant, unreachable } from './errors.ts';

/**
 * One evaluation of one canary: the facts in, a decision out. Pure; it executes nothing.
 *
 * The life of a canary and the order of the checks within an evaluation are Flagger's; the
 * differences are listed in `docs/decisions/0004-differences-from-flagger.md`.
 */
export function decide(
  spec: CanarySpec,
  record: RolloutRecord | undefined,
  seen: Observation,
  nowMs: number,
): Decision {
  if (record === undefined) return createPrimary(seen, 'new canary');
  switch (record.phase) {
    case 'Initializing':
      return decideInitialization(spec, record, seen, nowMs);
    case 'Initialized':
    case 'Succeeded':
    case 'Failed':
      return decideAtRest(spec, record, seen, nowMs);
    case 'Progressing':
    case 'Promoting':
    case 'Finalising':
      return decideRollout(spec, record, seen, nowMs);
    default:
      return unreachable(record.phase);
  }
}

function createPrimary(seen: Observation, reason: string): Decision {
  const { configDigest } = seen.source;
  return { kind: 'create-primary', reason, release: releaseOf(seen), configDigest };
}

/**
 * Traffic moves only once the primary is ready and its Service is there to be routed to; the target
 * is scaled down last of all. Until then
 * nobody depends on the primary, so a first revision that never becomes ready is simply replaced.
 */
function decideInitialization(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Observation,
  nowMs: number,
): Decision {
  if (record.awaiting === 'primary-ready') {
    if (seen.source.revision !== record.promoted.revision) {
      return createPrimary(seen, `revision ${seen.source.revision} before the first was ready`);
    }
    if (seen.source.configDigest !== record.configDigest) return reconcile(seen);
    return (
      waitForPrimary(spec, seen, nowMs) ??
      waitForTraffic(seen) ?? { kind: 'open-routing', reason: 'primary ready' }
    );
  }
  assertInvariant(record.awaiting === 'routing-live', `Initializing awaits ${record.awaiting}`);
  if (seen.source.configDigest !== record.configDigest) return reconcile(seen);
  const notLive = waitForTraffic(seen);
  return notLive ?? { kind: 'initialized', reason: 'all traffic on the primary' };
}

function decideAtRest(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Observation,
  nowMs: number,
): Decision {
  switch (record.awaiting) {
    case 'traffic-on-primary':
      return waitForTraffic(seen) ?? { kind: 'clean-up', reason: 'no traffic on the canary' };
    case 'primary-ready':
      return (
        waitForPrimary(spec, seen, nowMs) ?? {
          kind: 'return-traffic',
          reason: 'primary restored and ready',
        }
      );
    case 'revision':
      return decideNewRevision(spec, record, seen, nowMs);
    case 'routing-live':
    case 'canary-ready':
    case 'analysis':
    case 'shift-live':
      assertInvariant(false, `${record.phase} awaits ${record.awaiting}`);
  }
}

/**
 * A canary at rest whose source says nothing new: the cluster need not be asked, because no answer
 * would lead to a decision.
 */
export function isSettled(
  record: RolloutRecord,
  known: Pick<Observation, 'source' | 'rejected'>,
): boolean {
  if (record.awaiting !== 'revision') return false;
  const { revision } = known.source;
  return (
    revision === record.promoted.revision ||
    known.rejected.some((entry) => entry.revision === revision)
  );
}

function decideNewRevision(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Observation,
  nowMs: number,
): Decision {
  if (isSettled(record, seen)) {
    if (seen.source.configDigest !== record.configDigest) return reconcile(seen);
    return decideSettled(record, seen);
  }
  const notSettled = waitForWorkloads(seen) ?? waitForPrimary(spec, seen, nowMs);
  if (notSettled !== undefined) return notSettled;
  assertInvariant(seen.tip !== undefined, 'a record exists without a delivery commit');
  return {
    kind: 'start',
    reason: `revision ${seen.source.revision}`,
    release: releaseOf(seen),
    attempt: attemptOf(seen),
    base: seen.tip,
    configDigest: seen.source.configDigest,
  };
}

function decideSettled(record: RolloutRecord, seen: Observation): Decision {
  const rejected = rejectionOf(seen);
  if (rejected === undefined || seen.source.revision === record.promoted.revision) {
    return { kind: 'rest', why: `revision ${record.promoted.revision} is promoted` };
  }
  return {
    kind: 'blocked',
    why: `revision ${seen.source.revision} was rejected: ${rejected.reason}`,
    remedy: 'change the pod template in the source, or return it to the promoted revision',
  };
}
