import type { CheckResult } from './observation.ts';
import type { Release, Weights } from './record.ts';

/**
 * What the core answers. A change becomes exactly one commit; everything else leaves the
 * repository alone and says what is being waited for.
 */
export type Decision = Change | Wait;

export type Wait =
  /** Nothing to do until the source changes. */
  | { readonly kind: 'rest'; readonly why: string }
  /** The world has to catch up; look again at `untilMs`, or at the next poll. */
  | {
      readonly kind: 'wait';
      readonly why: string;
      readonly untilMs?: number;
      /** An evaluation is due, but the metrics source has not watched for long enough. */
      readonly pendingEvidence?: true;
      /** It is the newest commit that is waited for: it has no effect in the cluster yet. */
      readonly notLiveYet?: true;
      /** A workload is not ready, as `why` says. */
      readonly unready?: true;
      /** Questions have been answered, and this is all that followed. */
      readonly answered?: true;
      /** The gate that has to open. */
      readonly closed?: CheckResult;
    }
  /** A person has to act. */
  | { readonly kind: 'blocked'; readonly why: string; readonly remedy: string };

export type Change =
  | CreatePrimary
  | (ChangeBase & { readonly kind: 'open-routing' })
  | (ChangeBase & { readonly kind: 'initialized' })
  | Halt
  | (ChangeBase & { readonly kind: 'call-off' })
  | Start
  | Restart
  | Advance
  | (ChangeBase & { readonly kind: 'check-failed' })
  | (ChangeBase & { readonly kind: 'halt-promotion' })
  | (ChangeBase & { readonly kind: 'promote' })
  | (ChangeBase & OwingHooks & { readonly kind: 'skip-analysis' })
  | (ChangeBase & { readonly kind: 'shift'; readonly weights: Weights })
  | (ChangeBase & OwingHooks & { readonly kind: 'finish' })
  | Reject
  | Rollback
  | (ChangeBase & OwingHooks & { readonly kind: 'fail-promotion' })
  | (ChangeBase & { readonly kind: 'return-traffic' })
  | (ChangeBase & { readonly kind: 'withdraw' })
  | (ChangeBase & { readonly kind: 'clean-up' })
  | (ChangeBase & { readonly kind: 'post-rollout' })
  | (ChangeBase & { readonly kind: 'reconcile'; readonly configDigest: string })
  | Leave;

export type ChangeKind = Change['kind'];

interface ChangeBase {
  /** Why, in a few words: the part in brackets of the commit subject. */
  readonly reason: string;
  /** The checks the decision rests on. */
  readonly checks?: readonly CheckResult[];
}

/** The end of a rollout after which hooks are to be called. */
interface OwingHooks {
  readonly hooksOwed?: true;
}

/** The target becomes again what the source says it is, at once and without analysis. */
export interface Terminate extends ChangeBase {
  readonly kind: 'terminate';
  readonly release: Release;
  readonly configDigest: string;
}

/** The Canary has left the source, or has come back while it was being taken away. */
export type Leave =
  | Terminate
  | (ChangeBase & { readonly kind: 'move-to-target' })
  | (ChangeBase & { readonly kind: 'return-to-primary' })
  /** The public Service and what routes to it stand for themselves. */
  | (ChangeBase & { readonly kind: 'drop-routes' })
  /** Nothing of the canary is left. */
  | (ChangeBase & { readonly kind: 'terminated' })
  | (ChangeBase & { readonly kind: 'resume'; readonly configDigest: string });

/** First sight of a canary: the primary is created beside the target, no traffic moves. */
export interface CreatePrimary extends ChangeBase {
  readonly kind: 'create-primary';
  readonly release: Release;
  readonly configDigest: string;
}

/** A revision is not begun with until somebody opens the gate. */
export interface Halt extends ChangeBase {
  readonly kind: 'halt';
  readonly release: Release;
}

/** The revision that waits for approval is turned down before it was begun with. */
export interface Reject extends ChangeBase, OwingHooks {
  readonly kind: 'reject';
  readonly release: Release;
  readonly attempt: number;
  readonly base: string;
}

/** The next step: more weight, copies of the traffic, or the same once more. */
export interface Advance extends ChangeBase {
  readonly kind: 'advance';
  readonly weights: Weights;
  readonly mirrored?: true;
  readonly iterations?: number;
}

/** The target gets a revision and is scaled up. */
export interface Start extends ChangeBase {
  readonly kind: 'start';
  readonly release: Release;
  readonly attempt: number;
  readonly base: string;
  readonly configDigest: string;
  readonly strategyDigest: string;
}

/**
 * A newer revision arrived in mid-run, or the strategy changed: traffic goes back first, then the
 * target gets the revision.
 */
export interface Restart extends ChangeBase {
  readonly kind: 'restart';
  readonly release: Release;
  readonly attempt: number;
}

export interface Rollback extends ChangeBase, OwingHooks {
  readonly kind: 'rollback';
  /** The primary had already been given the revision and must get the old one back. */
  readonly restorePrimary: boolean;
}

export function isChange(decision: Decision): decision is Change {
  return decision.kind !== 'rest' && decision.kind !== 'wait' && decision.kind !== 'blocked';
}

/** Changes that take traffic away from a revision go out before all others: it may be a dead one. */
export function isUrgent(change: Change): boolean {
  return isUrgentKind(change.kind);
}

export function isUrgentKind(kind: string): boolean {
  return URGENT.has(kind);
}

const URGENT: ReadonlySet<string> = new Set<ChangeKind>([
  'rollback',
  'fail-promotion',
  'withdraw',
  'restart',
  'return-to-primary',
]);
