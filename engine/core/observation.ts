import type { MetricCheck, MetricRange, WebhookType } from '../../constructs/canary-spec.ts';
import type { ControlObservation } from './control.ts';
import type { Obstacle } from './origin.ts';
import type { RejectedRevision, StepMoments } from './record.ts';

/** Everything the shell saw of one canary in one pass, as plain data. */
export interface Observation {
  readonly source: SourceObservation;
  /** The delivery commit this observation was made on; absent while the branch does not exist. */
  readonly tip: string | undefined;
  readonly rejected: readonly RejectedRevision[];
  /** What people want of the canary. */
  readonly control: ControlObservation;
  /** Why a canary that is new cannot be begun with: what is in its place already. */
  readonly obstacle?: Obstacle;
  readonly primary: WorkloadObservation;
  readonly canary: WorkloadObservation;
  /** Are the canary's committed workloads what the cluster has been given? */
  readonly workloads: Liveness;
  /** Do the committed weights have their effect? */
  readonly traffic: Liveness;
  /** What has been seen of the step under way so far. */
  readonly moments?: StepMoments;
  /** The questions that the core said are due, as they were answered. */
  readonly evaluation?: Evaluation;
  /** The latest answers that led to no decision. */
  readonly asked?: Asked;
}

/** Questions were answered and nothing followed: they are asked again one interval later. */
export interface Asked {
  readonly atMs: number;
  /** The gate that was closed. */
  readonly closed?: CheckResult;
}

export interface SourceObservation {
  readonly commit: string;
  readonly revision: string;
  readonly configDigest: string;
  /** The source has been read completely, and holds the Canary no more. */
  readonly removed?: Removal;
}

export interface Removal {
  /** What the source says of its target: it is there, it is to have no replicas, or it is gone too. */
  readonly target: 'stays' | 'idle' | 'removed';
}

export type WorkloadObservation =
  | { readonly state: 'found'; readonly status: WorkloadStatus }
  | { readonly state: 'missing' }
  | { readonly state: 'unknown'; readonly why: string };

/**
 * The part of a live workload that `kubectl rollout status` looks at. Of a DaemonSet the counters
 * are those of its nodes: wanted, scheduled, updated and available.
 */
export interface WorkloadStatus {
  readonly generation: number;
  readonly observedGeneration: number;
  /** `spec.replicas` of the live object; the nodes that a DaemonSet's pods are wanted on. */
  readonly desiredReplicas: number;
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly availableReplicas: number;
  /** Condition `Progressing` says `ProgressDeadlineExceeded`. */
  readonly progressDeadlineExceeded: boolean;
  /**
   * Since when condition `Available` is `False` for `MinimumReplicasUnavailable`. A DaemonSet has no
   * conditions: since when an engine has seen pods missing.
   */
  readonly unavailableSinceMs?: number;
  /** Since when an engine has seen fewer replicas wanted than its autoscaler gives at least. */
  readonly unscaledSinceMs?: number;
  /**
   * When the workload was created. Of a Deployment only as long as its template has never been out in
   * full: condition `Progressing` does not say `NewReplicaSetAvailable` yet.
   */
  readonly startingSinceMs?: number;
  /** Of its Service, where it was asked: before the first traffic. */
  readonly readyEndpoints?: number;
}

/** How many ready endpoints a Service leads to. */
export type EndpointsObservation =
  | { readonly state: 'counted'; readonly ready: number }
  | { readonly state: 'unknown'; readonly why: string };

export type Liveness =
  | {
      readonly state: 'live';
      readonly sinceMs: number;
      /** What the data plane's own counters say of it, where they were asked. */
      readonly effect?: string;
    }
  | { readonly state: 'behind'; readonly why: string }
  | { readonly state: 'unknown'; readonly why: string };

/**
 * The answers in the order of the questions, up to the first that is no pass; or why there are none
 * yet.
 */
export type Evaluation =
  | { readonly state: 'made'; readonly checks: readonly CheckResult[] }
  | { readonly state: 'pending'; readonly why: string; readonly untilMs: number };

export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'error';

/** What was asked: a metric, or somebody outside. */
export type CheckKind = 'metric' | Exclude<WebhookType, 'event'>;

/**
 * One answer as it was judged: the evidence behind a decision. Of a gate that is closed the verdict
 * is `fail`, and so it is of a rollback hook that asks for a rollback.
 */
export interface CheckResult {
  readonly kind: CheckKind;
  readonly name: string;
  readonly verdict: Verdict;
  /** What kind of metric was judged; absent for a webhook. */
  readonly metric?: MetricCheck['kind'];
  /** What was asked, word by word, where the canary or a template says it. */
  readonly query?: string;
  /** One sentence with the value and the bound. */
  readonly detail: string;
  readonly value?: number;
  readonly range?: MetricRange;
  /** Requests the value was computed from, where the source knows. */
  readonly samples?: number;
}

/** What a metrics source answered. */
export type Measurement =
  | { readonly kind: 'value'; readonly value: number; readonly samples?: number }
  | { readonly kind: 'empty'; readonly why: string }
  | { readonly kind: 'error'; readonly why: string }
  /** The source itself has not watched for a whole window yet (it was just started). */
  | { readonly kind: 'pending'; readonly why: string; readonly untilMs: number };
