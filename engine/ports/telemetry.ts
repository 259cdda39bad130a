import type { Change } from '../core/decision.ts';
import type { Phase } from '../core/phase.ts';
import type { Weights } from '../core/record.ts';
import type { PublishOutcome } from './delivery-repository.ts';

/** Counts what the engine does, for whoever watches it. Nobody decides by it. */
export interface Telemetry {
  /** How all canaries fare after a pass. One that is not among them any more is gone. */
  canaries(standings: readonly CanaryStanding[]): void;
  /** The checks of one canary were made. */
  evaluated(evaluation: EvaluationFacts): void;
  /** A decision stands on the delivery branch. */
  decided(decision: DecisionFacts): void;
  pushed(push: PushFacts): void;
  passed(pass: PassFacts): void;
  /** A metrics source was asked. */
  queried(query: QueryFacts): void;
  /** Somebody was told of a decision, or was not. */
  told(message: MessageFacts): void;
}

/** Flagger's metrics name a canary by its target. */
export interface CanarySubject {
  readonly namespace: string;
  readonly target: string;
}

export interface CanaryStanding extends CanarySubject {
  readonly phase: Phase;
  readonly weights: Weights;
  readonly strategy: DeploymentStrategy;
  /** Its newest commit has had no effect for too long. */
  readonly isNotLive: boolean;
}

/** Flagger's words. */
export type DeploymentStrategy = 'canary' | 'blue-green' | 'ab-testing';

export interface EvaluationFacts extends CanarySubject {
  /** How long the canary was looked at, the checks included. */
  readonly durationMs: number;
  /** Durations in seconds. */
  readonly values: readonly { readonly metric: string; readonly value: number }[];
}

export interface DecisionFacts extends CanarySubject {
  /** How the rollout ended by it, if it did. */
  readonly end?: RolloutEnd;
  /** Since the moment at which it could have been taken, where that is known. */
  readonly delayMs?: number;
  /** What was newly written down of a step: how long after its commit each stage was seen. */
  readonly liveDelaysMs: Readonly<Partial<Record<LiveStage, number>>>;
}

export type LiveStage = 'contained' | 'applied' | 'effective';

export interface RolloutEnd {
  readonly result: 'succeeded' | 'failed';
  readonly strategy: DeploymentStrategy;
  readonly analysis: 'completed' | 'skipped';
}

export interface PushFacts {
  /** What each commit was for. */
  readonly commits: readonly (Change['kind'] | 'carry-over' | 'heal')[];
  readonly outcome: PublishOutcome['kind'];
  readonly durationMs: number;
}

export interface PassFacts {
  readonly outcome: 'done' | 'retry' | 'blocked';
  readonly durationMs: number;
  /** Mistakes in the source. */
  readonly problems: number;
  /** Decisions that did not reach the delivery branch. */
  readonly unpushed: number;
  /** Alerts and events that are still to be sent. */
  readonly untold: number;
}

export interface QueryFacts {
  /** The kind of server, of the engine or of a MetricTemplate. */
  readonly provider: string;
  readonly outcome: 'value' | 'empty' | 'error' | 'pending';
  readonly durationMs: number;
}

export interface MessageFacts {
  readonly kind: 'alert' | 'event';
  readonly outcome: 'sent' | 'failed' | 'dropped';
}
