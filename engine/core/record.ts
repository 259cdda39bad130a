import type { CanaryKey } from '../../constructs/canary-spec.ts';
import { assertInvariant } from './errors.ts';
import type { Awaiting, Phase } from './phase.ts';

/**
 * The state of one canary, as it stands in `record.yaml`. It changes in the same commit as the
 * manifests it describes; nothing else is remembered between two passes.
 */
export interface RolloutRecord {
  readonly version: 1;
  readonly canary: CanaryKey;
  readonly phase: Phase;
  readonly awaiting: Awaiting;
  readonly weights: Weights;
  /** The canary is sent copies of the requests that the primary answers. */
  readonly mirrored?: true;
  /** When the phase last changed. */
  readonly lastTransitionMs: number;
  /** When the newest decision was taken; the next evaluation comes one interval after it. */
  readonly decidedAtMs: number;
  /** Digest of what the source says beside the revision: the canary's options, the target's other fields. */
  readonly configDigest: string;
  /** What the primary runs when no rollout is under way. */
  readonly promoted: PromotedRelease;
  /** How the weights came into force. Absent before they first change, and in records of old engines. */
  readonly step?: Step;
  /** The step before that, with everything that was seen of it. */
  readonly previousStep?: Step;
  /** What the target of a canary that is taken away has been given; absent otherwise. */
  readonly returned?: Release;
  /** The rollout under way, or the latest one. Absent until the first revision after initialization. */
  readonly rollout?: Rollout;
}

/** Shares of the traffic in percent. They always sum to 100. */
export interface Weights {
  readonly primary: number;
  readonly canary: number;
}

/** One change of the weights on its way into the world. */
export interface Step extends StepMoments {
  /** The weights before it. */
  readonly from: Weights;
  readonly committedMs: number;
}

/** When an engine first saw each stage; it writes them down with the next decision. */
export interface StepMoments {
  /** The sync agent had been given the commit. */
  readonly containedMs?: number;
  /** The routing object said the weights. */
  readonly appliedMs?: number;
  /** The data plane's counters showed that it follows. */
  readonly effectiveMs?: number;
}

export interface Release {
  /** Digest of the pod template. */
  readonly revision: string;
  /** The commit of the source it came from. */
  readonly source: string;
}

export interface PromotedRelease extends Release {
  /** Number of the rollout that brought it; absent for what the canary was initialized with. */
  readonly rollout?: number;
}

export interface Rollout extends Release {
  /** 1, 2, 3 …: the canary's rollouts in order. */
  readonly number: number;
  /** How often this revision has been tried, this time included. */
  readonly attempt: number;
  readonly startedAtMs: number;
  /** Delivery commit before the rollout: what a rollback returns to. */
  readonly base: string;
  /** The record's `configDigest` at the base. */
  readonly baseConfigDigest: string;
  /** Which requests meet the canary, as a digest: see `strategyDigestOf`. Absent until the start. */
  readonly strategyDigest?: string;
  readonly failedChecks: number;
  /** Analyses begun, of a strategy that counts them (A/B testing and blue/green). */
  readonly iterations: number;
  /** Evaluations so far; numbers the evidence files. */
  readonly evaluations: number;
  readonly outcome?: RolloutOutcome;
  /** It has ended, and its post-rollout hooks have not been called yet. */
  readonly hooksOwed?: true;
}

export type RolloutOutcome = 'promoted' | 'failed' | 'withdrawn';

/** An entry of the ledger `rejected.yaml`: a revision that failed and is not tried again. */
export interface RejectedRevision extends Release {
  readonly reason: string;
  readonly rejectedAtMs: number;
  /** When it is forgotten. Absent: never, somebody has to change or to release it. */
  readonly expiresAtMs?: number;
  readonly attempts: number;
  /** Digest of the evidence file that was committed with it, as in the commit's trailer. */
  readonly evidence?: string;
  /** What its pods ran, for programs that would otherwise propose it again. */
  readonly images?: readonly string[];
}

export const ALL_ON_PRIMARY: Weights = { primary: 100, canary: 0 };

export function canaryWeight(canary: number): Weights {
  return { primary: 100 - canary, canary };
}

/** No route leads to the tracks yet: the primary is being created. */
export function isUnrouted(record: RolloutRecord | undefined): boolean {
  return record?.phase === 'Initializing' && record.awaiting === 'primary-ready';
}

/** No routing object is to be seen of it: none is there yet, or none any more. */
export function hasNoRoute(record: RolloutRecord): boolean {
  return isUnrouted(record) || record.awaiting === 'routes-gone';
}

/** A rollout has begun and not ended: its base is what everything returns to. */
export function isInMidRun(record: RolloutRecord | undefined): boolean {
  return record?.rollout !== undefined && record.rollout.outcome === undefined;
}

/** The phase of a canary to which nothing is happening, by how its latest rollout ended. */
export function restPhase({ rollout }: RolloutRecord): Phase {
  switch (rollout?.outcome) {
    case undefined:
    case 'withdrawn':
      return 'Initialized';
    case 'promoted':
      return 'Succeeded';
    case 'failed':
      return 'Failed';
  }
}

/** The rollout of a record whose phase implies one. */
export function rolloutOf(record: RolloutRecord): Rollout {
  assertInvariant(record.rollout !== undefined, `${record.phase} without a rollout`);
  return record.rollout;
}

/** Shares are whole, and sum to 100. */
export function assertWeights(weights: Weights): void {
  const { primary, canary } = weights;
  assertInvariant(
    Number.isInteger(primary) && Number.isInteger(canary) && primary >= 0 && canary >= 0,
    `weights ${primary}/${canary} are not whole shares`,
  );
  assertInvariant(primary + canary === 100, `weights ${primary}/${canary} do not sum to 100`);
}
