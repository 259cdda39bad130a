import type { CanarySpec } from '../../constructs/canary-spec.ts';
import type { Decision } from './decision.ts';
import { reconcile, releaseOf, waitForPrimary, waitForTraffic } from './conditions.ts';
import { waitForPeople } from './control.ts';
import { considerLeaving, considerReturn } from './decide-leaving.ts';
import { considerAtRest, isSettled } from './decide-rest.ts';
import { considerRollout } from './decide-rollout.ts';
import type { Observation } from './observation.ts';
import type { Ask, Question } from './questions.ts';
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
  const outcome = consider(spec, record, seen, nowMs);
  assertInvariant(outcome.kind !== 'ask', 'questions are due, and nobody asked them');
  return outcome;
}

/**
 * What must be asked before `decide` can be, in order; the first answer that is no pass ends the
 * round. Nothing when the decision does not depend on any answer.
 */
export function dueQuestions(
  spec: CanarySpec,
  record: RolloutRecord | undefined,
  seen: Omit<Observation, 'evaluation'>,
  nowMs: number,
): readonly Question[] {
  const outcome = consider(spec, record, seen, nowMs);
  return outcome.kind === 'ask' ? outcome.questions : [];
}

/** The one path to every decision: where an answer is missing, it ends in the questions. */
function consider(
  spec: CanarySpec,
  record: RolloutRecord | undefined,
  seen: Observation,
  nowMs: number,
): Decision | Ask {
  const { removed } = seen.source;
  if (removed !== undefined) return considerLeaving(spec, record, seen, removed, nowMs);
  if (spec.suspend) return { kind: 'rest', why: 'suspended: spec.suspend is true' };
  if (record === undefined) return seen.obstacle ?? createPrimary(seen, 'new canary');
  switch (record.phase) {
    case 'Initializing':
      return decideInitialization(spec, record, seen, nowMs);
    case 'Initialized':
    case 'Waiting':
    case 'Succeeded':
    case 'Failed':
      return considerAtRest(spec, record, seen, nowMs);
    case 'Progressing':
    case 'WaitingPromotion':
    case 'Promoting':
    case 'Finalising':
      return considerRollout(spec, record, seen, nowMs);
    case 'Terminating':
      return considerReturn(spec, seen, nowMs);
    default:
      return unreachable(record.phase);
  }
}

/** No answer of the cluster would lead to a decision: it need not be asked. */
export function isIdle(
  spec: CanarySpec,
  record: RolloutRecord | undefined,
  known: Pick<Observation, 'source' | 'rejected' | 'control'>,
): boolean {
  const { removed } = known.source;
  if (record === undefined || (spec.suspend && removed === undefined)) return true;
  return record.rollout?.hooksOwed === undefined && isSettled(record, known);
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
      waitForPeople(seen) ??
      waitForPrimary(spec, seen, nowMs, spec.autoscaler?.least.primary) ??
      waitForTraffic(seen) ?? { kind: 'open-routing', reason: 'primary ready' }
    );
  }
  assertInvariant(record.awaiting === 'routing-live', `Initializing awaits ${record.awaiting}`);
  if (seen.source.configDigest !== record.configDigest) return reconcile(seen);
  const held = waitForTraffic(seen) ?? waitForPeople(seen);
  return held ?? { kind: 'initialized', reason: 'all traffic on the primary' };
}
