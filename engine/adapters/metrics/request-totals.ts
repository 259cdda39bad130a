import type { ApexSubject, MetricSubject } from '../../ports/metrics-source.ts';
import type { Sample } from './exposition.ts';

/** Counters of one workload at one moment, summed over its series. */
export interface RequestTotals {
  readonly requests: number;
  /** Answers whose code begins with 5. */
  readonly failures: number;
  /** Cumulative counts by upper bound in milliseconds. */
  readonly buckets: ReadonlyMap<number, number>;
}

/** How a data plane names the numbers that Flagger's two built-in checks are made of. */
interface Dialect {
  readonly requests: string;
  readonly buckets: string;
  readonly code: string;
  matches(labels: Sample['labels'], subject: MetricSubject): boolean;
  /** The host name of the Service that a request was sent to. */
  readonly service: (labels: Sample['labels']) => string;
}

/** @see https://istio.io/latest/docs/reference/config/metrics/ */
const ISTIO: Dialect = {
  requests: 'istio_requests_total',
  buckets: 'istio_request_duration_milliseconds_bucket',
  code: 'response_code',
  matches: (labels, { namespace, workload }) =>
    labels['reporter'] === 'destination' &&
    labels['destination_workload_namespace'] === namespace &&
    labels['destination_workload'] === workload,
  service: (labels) => labels['destination_service'] ?? '',
};

/**
 * A bare Envoy under istiod counts by cluster, `outbound|PORT||HOST`; the canary's Service stands
 * for its workload there.
 */
const ENVOY: Dialect = {
  requests: 'envoy_cluster_upstream_rq',
  buckets: 'envoy_cluster_upstream_rq_time_bucket',
  code: 'envoy_response_code',
  matches: (labels, { namespace, workload }) =>
    envoyHost(labels).startsWith(`${workload}-canary.${namespace}.`),
  service: envoyHost,
};

function envoyHost(labels: Sample['labels']): string {
  return (labels['cluster_name'] ?? labels['envoy_cluster_name'] ?? '').split('|').at(-1) ?? '';
}

const DIALECTS = [ISTIO, ENVOY];

export const WANTED_SAMPLES: ReadonlySet<string> = new Set(
  DIALECTS.flatMap(({ requests, buckets }) => [requests, buckets]),
);

/** The totals of a workload in whichever dialect speaks of it; nothing when none does. */
export function requestTotals(
  samples: readonly Sample[],
  subject: MetricSubject,
): RequestTotals | undefined {
  for (const dialect of DIALECTS) {
    const own = samples.filter(({ labels }) => dialect.matches(labels, subject));
    if (own.some(({ name }) => name === dialect.requests)) return totalsOf(own, dialect);
  }
  return undefined;
}

/** Requests to each track. */
export interface SentTotals {
  readonly primary: number;
  readonly canary: number;
}

/** Requests that were sent to each track's Service until then, whoever answered. */
export function sentTotals(
  samples: readonly Sample[],
  { namespace, apex }: ApexSubject,
): SentTotals {
  const sum = (track: string) => {
    let total = 0;
    for (const { name, labels, value } of samples) {
      const isSent = DIALECTS.some(
        ({ requests, service }) =>
          name === requests && service(labels).startsWith(`${apex}-${track}.${namespace}.`),
      );
      if (isSent) total += value;
    }
    return total;
  };
  return { primary: sum('primary'), canary: sum('canary') };
}

function totalsOf(samples: readonly Sample[], dialect: Dialect): RequestTotals {
  let [requests, failures] = [0, 0];
  const buckets = new Map<number, number>();
  for (const { name, labels, value } of samples) {
    if (name === dialect.requests) {
      requests += value;
      if (labels[dialect.code]?.startsWith('5') === true) failures += value;
    } else if (name === dialect.buckets) {
      const bound = labels['le'] === '+Inf' ? Infinity : Number(labels['le']);
      buckets.set(bound, (buckets.get(bound) ?? 0) + value);
    }
  }
  return { requests, failures, buckets };
}

/**
 * What was added between two moments. A counter that went down was reset in between: what it shows
 * now came after the reset.
 */
export function increase(from: RequestTotals | undefined, to: RequestTotals): RequestTotals {
  const wasReset = from === undefined || from.requests > to.requests;
  if (wasReset) return to;
  const buckets = [...to.buckets].map(
    ([bound, count]) => [bound, Math.max(0, count - (from.buckets.get(bound) ?? 0))] as const,
  );
  return {
    requests: to.requests - from.requests,
    failures: Math.max(0, to.failures - from.failures),
    buckets: new Map(buckets),
  };
}

/**
 * A quantile of a cumulative histogram, linear within its bucket, as Prometheus computes it: in the
 * last bucket it is the highest finite bound, and NaN without observations.
 * @see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 */
export function histogramQuantile(
  quantile: number,
  cumulative: ReadonlyMap<number, number>,
): number {
  const buckets = [...cumulative].toSorted(([a], [b]) => a - b);
  const total = buckets.at(-1)?.[1] ?? 0;
  if (total === 0) return Number.NaN;
  const rank = quantile * total;
  const index = buckets.findIndex(([, count]) => count >= rank);
  const [bound, count] = buckets[index] ?? [Number.NaN, 0];
  const [lower, below] = index > 0 ? (buckets[index - 1] ?? [0, 0]) : [0, 0];
  if (bound === Infinity) return lower;
  return lower + ((bound - lower) * (rank - below)) / (count - below);
}
