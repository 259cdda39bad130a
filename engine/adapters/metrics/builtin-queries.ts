import type { BuiltinMetric } from '../../../constructs/canary-spec.ts';
import type { MetricSubject } from '../../ports/metrics-source.ts';

/** How the two built-in checks are asked for, in PromQL, and what else is worth knowing. */
export interface BuiltinQueries {
  readonly checks: Readonly<Record<BuiltinMetric, BuiltinQuery>>;
  /** How many requests the values rest on: what a commit says beside them. */
  readonly samples: (subject: MetricSubject, interval: string) => string;
}

interface BuiltinQuery {
  readonly text: (subject: MetricSubject, interval: string) => string;
  /** From what the query answers to percent or milliseconds. */
  readonly scale: number;
}

/** By what the proxies in front of the canary's pods say of them. */
const ISTIO = queriesOf({
  requests: 'istio_requests_total',
  durations: 'istio_request_duration_milliseconds_bucket',
  durationScale: 1,
  failures: 'response_code',
  series: ({ namespace, workload }) =>
    `reporter="destination", destination_workload_namespace="${namespace}", destination_workload=~"${workload}"`,
});

/** By what the canary's pods say themselves, where nobody stands in front of them. */
const HTTP = queriesOf({
  requests: 'http_request_duration_seconds_count',
  durations: 'http_request_duration_seconds_bucket',
  durationScale: 1000,
  failures: 'status',
  series: ({ namespace, workload, kind }) =>
    `kubernetes_namespace="${namespace}", kubernetes_pod_name=~"${workload}-${podSuffix(kind)}"`,
});

/**
 * Pods of a Deployment have two words behind its name, those of a DaemonSet one. Flagger looks for
 * two of either, and judges a DaemonSet by the pods of its primary.
 */
function podSuffix(kind: string): string {
  const word = '[0-9a-zA-Z]+';
  return kind === 'DaemonSet' ? word : `${word}(-${word})`;
}

/**
 * The observer that Flagger takes for a routing provider. A Service as the target has pods that
 * nobody knows by name.
 */
export function builtinQueries({ provider, kind }: MetricSubject): BuiltinQueries {
  if (provider.startsWith('gatewayapi')) return HTTP;
  return provider === 'kubernetes' && kind !== 'Service' ? HTTP : ISTIO;
}

interface Naming {
  readonly requests: string;
  /** A histogram. */
  readonly durations: string;
  /** From its unit to milliseconds. */
  readonly durationScale: number;
  /** The label with the answer's code. */
  readonly failures: string;
  readonly series: (subject: MetricSubject) => string;
}

/** Flagger's texts, collapsed to single spaces as it sends them. */
function queriesOf({
  requests,
  durations,
  durationScale,
  failures,
  series,
}: Naming): BuiltinQueries {
  return {
    checks: {
      'request-success-rate': {
        text: (subject, interval) =>
          `sum( rate( ${requests}{ ${series(subject)}, ${failures}!~"5.*" }[${interval}] ) ) / ` +
          `sum( rate( ${requests}{ ${series(subject)} }[${interval}] ) ) * 100`,
        scale: 1,
      },
      'request-duration': {
        text: (subject, interval) =>
          `histogram_quantile( 0.99, sum( rate( ${durations}{ ${series(subject)} }[${interval}] ) ) by (le) )`,
        scale: durationScale,
      },
    },
    samples: (subject, interval) =>
      `sum( increase( ${requests}{ ${series(subject)} }[${interval}] ) )`,
  };
}
