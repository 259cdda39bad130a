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
    }
  /** A person has to act. */
  | { readonly kind: 'blocked'; readonly why: string; readonly remedy: string };

export type Change =
  | CreatePrimary
  | (ChangeBase & { readonly kind: 'open-routing' })
  | (ChangeBase & { readonly kind: 'initialized' })
  | Start
  | Restart
  | (ChangeBase & { readonly kind: 'advance'; readonly weights: Weights })
  | (ChangeBase & { readonly kind: 'check-failed' })
  | (ChangeBase & { readonly kind: 'promote' })
  | (ChangeBase & { readonly kind: 'shift'; readonly weights: Weights })
  | (ChangeBase & { readonly kind: 'finish' })
  | Rollback
  | (ChangeBase & { readonly kind: 'fail-promotion' })
  | (ChangeBase & { readonly kind: 'return-traffic' })
  | (ChangeBase & { readonly kind: 'withdraw' })
  | (ChangeBase & { readonly kind: 'clean-up' })
  | (ChangeBase & { readonly kind: 'reconcile'; readonly configDigest: string });

export type ChangeKind = Change['kind'];

interface ChangeBase {
  /** Why, in a few words: the part in brackets of the commit subject. */
  readonly reason: string;
  /** The checks the decision rests on. */
  readonly checks?: readonly CheckResult[];
}

/** First sight of a canary: the primary is created beside the target, no traffic moves. */
export interface CreatePrimary extends ChangeBase {
  readonly kind: 'create-primary';
  readonly release: Release;
  readonly configDigest: string;
}

/** The target gets a revision and is scaled up. */
export interface Start extends ChangeBase {
  readonly kind: 'start';
  readonly release: Release;
  readonly attempt: number;
  readonly base: string;
  readonly configDigest: string;
}

/** A newer revision arrived in mid-run: traffic goes back first, then the target gets it. */
export interface Restart extends ChangeBase {
  readonly kind: 'restart';
  readonly release: Release;
  readonly attempt: number;
}

export interface Rollback extends ChangeBase {
  readonly kind: 'rollback';
  /** The primary had already been given the revision and must get the old one back. */
  readonly restorePrimary: boolean;
}

export function isChange(decision: Decision): decision is Change {
  return decision.kind !== 'rest' && decision.kind !== 'wait' && decision.kind !== 'blocked';
}

/** Changes that take traffic away from a bad revision go out before all others. */
export function isUrgent(change: Change): boolean {
  return (
    change.kind === 'rollback' || change.kind === 'fail-promotion' || change.kind === 'withdraw'
  );
}
