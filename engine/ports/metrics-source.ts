import type { MetricCheck } from '../../constructs/canary-spec.ts';
import type { RequestCounts } from '../core/effect.ts';
import type { Measurement } from '../core/observation.ts';
import type { SecretValues } from './secret-reader.ts';

/** Measures. Trouble is an answer, never an exception. */
export interface MetricsSource {
  /** One check of one workload, with what the Secret of its template holds. */
  measure(
    subject: MetricSubject,
    check: MetricCheck,
    nowMs: number,
    credentials: SecretValues,
  ): Promise<Measurement>;
  /** Requests that were sent to each track's Service in the window that ends at `endMs`. */
  requests(apex: ApexSubject, windowMs: number, endMs: number): Promise<RequestCounts>;
}

export interface MetricSubject {
  readonly namespace: string;
  /** The target workload, as `destination_workload` names it. */
  readonly workload: string;
  /** Of the workload: `Deployment`, … */
  readonly kind: string;
  /** Who routes to it, and so whose numbers tell of it. */
  readonly provider: string;
  /** The Prometheus that the canary names. */
  readonly metricsServer?: string;
}

export interface ApexSubject {
  readonly namespace: string;
  /** The public Service; its tracks are `<apex>-primary` and `<apex>-canary`. */
  readonly apex: string;
  /** The Prometheus that the canary names. */
  readonly metricsServer?: string;
}
