import type { CanaryKey } from '../../constructs/canary-spec.ts';
import type { Phase } from '../core/phase.ts';

/**
 * Shows in the cluster how canaries fare. Nobody decides by it, so nobody waits for it, and trouble is
 * logged and no more.
 */
export interface StatusWriter {
  write(reports: readonly CanaryReport[]): void;
}

export interface CanaryReport {
  readonly canary: CanaryKey;
  readonly status: CanaryStatus;
  /** What was decided since the last report. */
  readonly events: readonly CanaryEvent[];
}

/** Flagger's status of a Canary. Tools take it for granted that each field is there. */
export interface CanaryStatus {
  readonly phase: Phase;
  readonly canaryWeight: number;
  readonly failedChecks: number;
  readonly iterations: number;
  readonly lastAppliedSpec: string;
  readonly lastPromotedSpec: string;
  readonly lastTransitionTime: string;
  readonly conditions: readonly CanaryCondition[];
}

export interface CanaryCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly lastUpdateTime: string;
  readonly lastTransitionTime: string;
}

export interface CanaryEvent {
  readonly type: 'Normal' | 'Warning';
  readonly message: string;
  /** Of the canary when Flagger would say it: before some decisions, after others. */
  readonly phase: Phase;
  readonly atMs: number;
}
