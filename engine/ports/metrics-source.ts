import type { MetricCheck } from '../../constructs/canary-spec.ts';
import type { Measurement } from '../core/observation.ts';

/** Measures one check of one workload. Trouble is an answer, never an exception. */
export interface MetricsSource {
  measure(subject: MetricSubject, check: MetricCheck, nowMs: number): Promise<Measurement>;
}

export interface MetricSubject {
  readonly namespace: string;
  /** The target workload, as `destination_workload` names it. */
  readonly workload: string;
}
