import type { BuiltinCheck, QueryCheck } from '../../../constructs/canary-spec.ts';
import type { RequestCounts } from '../../core/effect.ts';
import type { Measurement } from '../../core/observation.ts';
import type { ApexSubject, MetricSubject } from '../../ports/metrics-source.ts';

/** Checks that the engine's own metrics server answers, or the one that a canary names. */
export type OwnCheck = BuiltinCheck | QueryCheck;

/** One metrics server. Trouble is an answer, never an exception. */
export interface ServerSource {
  measure(subject: MetricSubject, check: OwnCheck, nowMs: number): Promise<Measurement>;
  /** Requests that were sent to each track's Service in the window that ends at `endMs`. */
  requests(apex: ApexSubject, windowMs: number, endMs: number): Promise<RequestCounts>;
}
