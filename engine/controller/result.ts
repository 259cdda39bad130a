import type { CanaryKey } from '../../constructs/canary-spec.ts';
import type { Problem } from '../core/errors.ts';
import type { NotLive } from '../core/not-live.ts';
import type { CheckResult } from '../core/observation.ts';
import type { Lane } from '../core/push-budget.ts';
import type { RolloutRecord, Step } from '../core/record.ts';

/** How the reconciliation of one canary ended. */
export type ReconcileResult =
  | { readonly kind: 'done'; readonly why: string }
  | {
      readonly kind: 'committed';
      readonly subjects: readonly string[];
      /** The next evaluation cannot be due before. */
      readonly untilMs?: number;
    }
  | {
      readonly kind: 'waiting';
      readonly why: string;
      readonly untilMs?: number;
      /** An evaluation is due as soon as the metrics source has watched for a whole window. */
      readonly pendingEvidence?: true;
      /** It is the newest commit that is waited for: it has no effect in the cluster yet. */
      readonly notLiveYet?: true;
      /** A workload is not ready, as `why` says. */
      readonly unready?: true;
      /** The gate that has to open. */
      readonly closed?: CheckResult;
      /** And that has been so for too long. Nothing is wrong with the release itself. */
      readonly notLive?: NotLive;
    }
  | { readonly kind: 'retry'; readonly why: string }
  | {
      readonly kind: 'blocked';
      readonly why: string;
      readonly remedy: string;
      /** Somebody else has edited its files. */
      readonly edited?: true;
    };

export interface CanaryResult {
  readonly canary: CanaryKey;
  /** The record after the pass, where there is one that can be read. */
  readonly record: RolloutRecord | undefined;
  /** The step under way with what has been seen of it by now; the record holds what was written. */
  readonly step?: Step;
  readonly result: ReconcileResult;
}

/** Decisions that wait for a push. They are not taken: when it opens they are made again. */
export interface QueuedDecision {
  /** Absent for manifests that belong to no canary. */
  readonly canary?: CanaryKey;
  readonly lane: Lane;
  /** What the commits would say. */
  readonly subjects: readonly string[];
  /** When it was first decided. */
  readonly sinceMs: number;
  /** When it can be pushed, where that is known. */
  readonly untilMs?: number;
  readonly why: string;
}

/** How a whole pass ended. */
export interface PassResult {
  readonly canaries: readonly CanaryResult[];
  readonly problems: readonly Problem[];
  /** What was decided and is not on the delivery branch yet. */
  readonly queue: readonly QueuedDecision[];
  /** Set when the pass as a whole could not read or publish; nothing was decided for good then. */
  readonly trouble?: PassTrouble;
}

export type PassTrouble =
  | { readonly kind: 'retry'; readonly why: string; readonly retryAfterMs?: number }
  | { readonly kind: 'blocked'; readonly why: string; readonly remedy: string };
