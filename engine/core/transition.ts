import type { CanaryKey } from '../../constructs/canary-spec.ts';
import type {
  Advance,
  Change,
  CreatePrimary,
  Leave,
  Reject,
  Restart,
  Start,
  Terminate,
} from './decision.ts';
import { assertInvariant, unreachable } from './errors.ts';
import { withSteps } from './moments.ts';
import type { Awaiting, Phase } from './phase.ts';
import {
  ALL_ON_PRIMARY,
  assertWeights,
  canaryWeight,
  isInMidRun,
  restPhase,
  type RolloutRecord,
  rolloutOf,
  type StepMoments,
  type Weights,
} from './record.ts';
import {
  ended,
  evaluated,
  promotedBy,
  rejectedRollout,
  restartedRollout,
  startedRollout,
} from './rollout.ts';

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
    case 'halt':
      return enter('Waiting', 'approval');
    case 'call-off':
      return calledOff(record, enter);
    case 'reject':
    case 'start':
    case 'restart':
      return afterBeginning(record, change, enter, nowMs);
    case 'advance':
      return advanced(record, change, enter);
    case 'halt-promotion':
      return { ...enter('WaitingPromotion', record.awaiting), rollout: evaluated(record, change) };
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
    case 'skip-analysis':
    case 'rollback':
    case 'fail-promotion':
    case 'return-traffic':
    case 'withdraw':
      return afterEnd(record, change, enter);
    case 'clean-up':
      return enter(record.phase, 'revision');
    case 'post-rollout':
      return withoutHooksOwed(decided);
    case 'reconcile':
      return { ...decided, configDigest: change.configDigest };
    case 'terminate':
    case 'move-to-target':
    case 'return-to-primary':
    case 'drop-routes':
    case 'terminated':
    case 'resume':
      return leaving(record, change, enter);
    default:
      return unreachable(change);
  }
}

/** A revision is begun with, or turned down before that. */
function afterBeginning(
  record: RolloutRecord,
  change: Start | Restart | Reject,
  enter: Enter,
  nowMs: number,
): RolloutRecord {
  switch (change.kind) {
    case 'reject':
      return {
        ...enter('Failed', 'revision'),
        rollout: rejectedRollout(record, change, nowMs),
      };
    case 'start':
      return {
        ...enter('Progressing', 'canary-ready'),
        configDigest: change.configDigest,
        rollout: startedRollout(record, change, nowMs),
      };
    case 'restart':
      return {
        ...routed(enter('Progressing', 'traffic-on-primary'), ALL_ON_PRIMARY),
        rollout: restartedRollout(record, change, nowMs),
      };
    default:
      return unreachable(change);
  }
}

type End = Extract<
  Change,
  {
    readonly kind:
      'finish' | 'skip-analysis' | 'rollback' | 'fail-promotion' | 'return-traffic' | 'withdraw';
  }
>;

/** However a rollout ends, the traffic goes back to the primary, at once or later. */
function afterEnd(record: RolloutRecord, change: End, enter: Enter): RolloutRecord {
  switch (change.kind) {
    case 'finish':
    case 'skip-analysis':
      return {
        ...routed(enter('Succeeded', 'revision'), ALL_ON_PRIMARY),
        promoted: promotedBy(rolloutOf(record)),
        rollout: ended(record, 'promoted', change),
      };
    case 'rollback':
      return {
        ...givenUp(record, enter('Failed', 'traffic-on-primary')),
        rollout: ended(record, 'failed', change),
      };
    case 'fail-promotion':
      return {
        ...givenUp(record, enter('Failed', 'primary-ready')),
        weights: canaryWeight(100),
        rollout: ended(record, 'failed', change),
      };
    case 'return-traffic':
      return routed(enter('Failed', 'traffic-on-primary'), ALL_ON_PRIMARY);
    case 'withdraw':
      return {
        ...givenUp(record, enter('Initialized', 'traffic-on-primary')),
        rollout: ended(record, 'withdrawn'),
      };
    default:
      return unreachable(change);
  }
}

/** Of a canary that is being taken away, and of one that comes back meanwhile. */
function leaving(record: RolloutRecord, change: Leave, enter: Enter): RolloutRecord {
  switch (change.kind) {
    case 'terminate':
      return terminating(record, change, enter);
    case 'move-to-target':
      return routed(enter('Terminating', 'traffic-on-target'), canaryWeight(100));
    case 'return-to-primary':
      return routed(enter('Terminating', 'target-ready'), ALL_ON_PRIMARY);
    case 'drop-routes':
      return enter('Terminating', 'routes-gone');
    case 'terminated':
      return enter('Terminating', record.awaiting);
    case 'resume':
      return {
        ...routed(withoutReturned(enter('Initializing', 'routing-live')), ALL_ON_PRIMARY),
        configDigest: change.configDigest,
      };
    default:
      return unreachable(change);
  }
}

/** A source that changes meanwhile changes the target, and what is waited for stays the same. */
function terminating(record: RolloutRecord, change: Terminate, enter: Enter): RolloutRecord {
  const awaiting = record.phase === 'Terminating' ? record.awaiting : 'target-ready';
  return {
    ...enter('Terminating', awaiting),
    configDigest: change.configDigest,
    returned: change.release,
    ...(isInMidRun(record) ? { rollout: ended(record, 'withdrawn') } : {}),
  };
}

function withoutReturned({ returned: _, ...record }: RolloutRecord): RolloutRecord {
  return record;
}

/** The record in another phase, everything else unchanged. */
type Enter = (phase: Phase, awaiting: Awaiting) => RolloutRecord;

/** Other weights, and no mirror. */
function routed({ mirrored: _, ...record }: RolloutRecord, weights: Weights): RolloutRecord {
  return { ...record, weights };
}

/** A revision that replaced another one in mid-run was a rollout already. */
function calledOff(record: RolloutRecord, enter: Enter): RolloutRecord {
  const { rollout } = record;
  const isPending = rollout !== undefined && rollout.outcome === undefined;
  const called = isPending ? { ...record, rollout: ended(record, 'withdrawn') } : record;
  return {
    ...enter(restPhase(called), 'revision'),
    ...(isPending ? { rollout: called.rollout } : {}),
  };
}

/** WaitingPromotion is left by the promotion alone: blue/green is asked twice for it. */
function advanced(record: RolloutRecord, change: Advance, enter: Enter): RolloutRecord {
  const { weights, mirrored, iterations } = change;
  assertInvariant(weights.canary >= record.weights.canary, 'an advance lowers no weight');
  const rollout = evaluated(record, change);
  return {
    ...routed(enter(record.phase, 'analysis'), weights),
    ...(mirrored === undefined ? {} : { mirrored }),
    rollout: iterations === undefined ? rollout : { ...rollout, iterations },
  };
}

function shifted(weights: Weights, enter: Enter): RolloutRecord {
  const isDone = weights.canary === 0;
  const entered = isDone
    ? enter('Finalising', 'traffic-on-primary')
    : enter('Promoting', 'shift-live');
  return routed(entered, weights);
}

/** The options return to those of the base together with the files. */
function givenUp(record: RolloutRecord, entered: RolloutRecord): RolloutRecord {
  return {
    ...routed(entered, ALL_ON_PRIMARY),
    configDigest: rolloutOf(record).baseConfigDigest,
  };
}

function withoutHooksOwed(record: RolloutRecord): RolloutRecord {
  const { hooksOwed: _, ...rollout } = rolloutOf(record);
  return { ...record, rollout };
}

function requireRecord(record: RolloutRecord | undefined, change: Change): RolloutRecord {
  assertInvariant(record !== undefined, `${change.kind} without a record`);
  return record;
}
