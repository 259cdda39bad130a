import type { CanaryKey } from '../../constructs/canary-spec.ts';
import type { Change, CreatePrimary, Restart, Start } from './decision.ts';
import { assertInvariant, unreachable } from './errors.ts';
import { withSteps } from './moments.ts';
import type { Awaiting, Phase } from './phase.ts';
import {
  ALL_ON_PRIMARY,
  type PromotedRelease,
  type Rollout,
  type RolloutOutcome,
  type RolloutRecord,
  rolloutOf,
  type StepMoments,
  type Weights,
} from './record.ts';

/**
 * The record after a decision. Pure, and total over the changes: the record in every commit is
 * `transition` of its parent's record and of what was seen of the step until then.
 */
export function transition(
  canary: CanaryKey,
  record: RolloutRecord | undefined,
  change: Change,
  nowMs: number,
  moments: StepMoments = {},
): RolloutRecord {
  const next =
    change.kind === 'create-primary'
      ? created(canary, change, nowMs)
      : after(requireRecord(record, change), change, nowMs);
  assertWeights(next.weights);
  return withSteps(record, next, moments);
}

function created(canary: CanaryKey, change: CreatePrimary, nowMs: number): RolloutRecord {
  return {
    version: 1,
    canary,
    phase: 'Initializing',
    awaiting: 'primary-ready',
    weights: ALL_ON_PRIMARY,
    lastTransitionMs: nowMs,
    decidedAtMs: nowMs,
    configDigest: change.configDigest,
    promoted: change.release,
  };
}

function after(
  record: RolloutRecord,
  change: Exclude<Change, CreatePrimary>,
  nowMs: number,
): RolloutRecord {
  const decided = { ...record, decidedAtMs: nowMs };
  const enter: Enter = (phase, awaiting) => ({
    ...decided,
    phase,
    awaiting,
    lastTransitionMs: phase === record.phase ? record.lastTransitionMs : nowMs,
  });
  switch (change.kind) {
    case 'open-routing':
      return enter('Initializing', 'routing-live');
    case 'initialized':
      return enter('Initialized', 'revision');
    case 'start':
      return {
        ...enter('Progressing', 'canary-ready'),
        configDigest: change.configDigest,
        rollout: startedRollout(record, change, nowMs),
      };
    case 'restart':
      return {
        ...enter('Progressing', 'traffic-on-primary'),
        weights: ALL_ON_PRIMARY,
        rollout: restartedRollout(record, change, nowMs),
      };
    case 'advance':
      assertInvariant(
        change.weights.canary > record.weights.canary,
        'an advance raises the weight',
      );
      return {
        ...enter('Progressing', 'analysis'),
        weights: change.weights,
        rollout: evaluated(record, change),
      };
    case 'check-failed':
      return {
        ...decided,
        rollout: { ...evaluated(record, change), failedChecks: rolloutOf(record).failedChecks + 1 },
      };
    case 'promote':
      return { ...enter('Promoting', 'primary-ready'), rollout: evaluated(record, change) };
    case 'shift':
      return shifted(change.weights, enter);
    case 'finish':
      return {
        ...enter('Succeeded', 'revision'),
        promoted: promotedBy(rolloutOf(record)),
        rollout: ended(record, 'promoted'),
      };
    case 'rollback':
      return givenUp(enter('Failed', 'traffic-on-primary'), ALL_ON_PRIMARY, 'failed');
    case 'fail-promotion':
      return givenUp(enter('Failed', 'primary-ready'), { primary: 0, canary: 100 }, 'failed');
    case 'return-traffic':
      return { ...enter('Failed', 'traffic-on-primary'), weights: ALL_ON_PRIMARY };
    case 'withdraw':
      return givenUp(enter('Initialized', 'traffic-on-primary'), ALL_ON_PRIMARY, 'withdrawn');
    case 'clean-up':
      return enter(record.phase, 'revision');
    case 'reconcile':
      return { ...decided, configDigest: change.configDigest };
    default:
      return unreachable(change);
  }
}

/** The record in another phase, everything else unchanged. */
type Enter = (phase: Phase, awaiting: Awaiting) => RolloutRecord;

function shifted(weights: Weights, enter: Enter): RolloutRecord {
  const isDone = weights.canary === 0;
  const entered = isDone
    ? enter('Finalising', 'traffic-on-primary')
    : enter('Promoting', 'shift-live');
  return { ...entered, weights };
}

function startedRollout(record: RolloutRecord, change: Start, nowMs: number): Rollout {
  const restarted = record.phase === 'Progressing' ? record.rollout : undefined;
  return {
    ...change.release,
    number: restarted?.number ?? nextNumber(record),
    attempt: change.attempt,
    startedAtMs: restarted?.startedAtMs ?? nowMs,
    base: change.base,
    baseConfigDigest: restarted?.baseConfigDigest ?? record.configDigest,
    failedChecks: 0,
    iterations: 0,
    evaluations: 0,
  };
}

/** A new rollout on the same base: what it returns to is still the state before the first one. */
function restartedRollout(record: RolloutRecord, change: Restart, nowMs: number): Rollout {
  const { base, baseConfigDigest } = rolloutOf(record);
  return {
    ...change.release,
    number: nextNumber(record),
    attempt: change.attempt,
    startedAtMs: nowMs,
    base,
    baseConfigDigest,
    failedChecks: 0,
    iterations: 0,
    evaluations: 0,
  };
}

function nextNumber(record: RolloutRecord): number {
  return (record.rollout?.number ?? 0) + 1;
}

function evaluated(record: RolloutRecord, change: Change): Rollout {
  const rollout = rolloutOf(record);
  return change.checks === undefined
    ? rollout
    : { ...rollout, evaluations: rollout.evaluations + 1 };
}

/** The options return to those of the base together with the files. */
function givenUp(
  record: RolloutRecord,
  weights: Weights,
  outcome: Exclude<RolloutOutcome, 'promoted'>,
): RolloutRecord {
  const configDigest = rolloutOf(record).baseConfigDigest;
  return { ...record, weights, configDigest, rollout: ended(record, outcome) };
}

function ended(record: RolloutRecord, outcome: RolloutOutcome): Rollout {
  return { ...rolloutOf(record), outcome };
}

function promotedBy({ revision, source, number }: Rollout): PromotedRelease {
  return { revision, source, rollout: number };
}

function requireRecord(record: RolloutRecord | undefined, change: Change): RolloutRecord {
  assertInvariant(record !== undefined, `${change.kind} without a record`);
  return record;
}

function assertWeights(weights: Weights): void {
  const { primary, canary } = weights;
  assertInvariant(
    Number.isInteger(primary) && Number.isInteger(canary) && primary >= 0 && canary >= 0,
    `weights ${primary}/${canary} are not whole shares`,
  );
  assertInvariant(primary + canary === 100, `weights ${primary}/${canary} do not sum to 100`);
}
