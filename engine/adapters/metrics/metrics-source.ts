import type { MetricProvider } from '../../../constructs/canary-spec.ts';
import type { ExternalMetrics } from '../../ports/external-metrics.ts';
import type { MetricsSource } from '../../ports/metrics-source.ts';
import { askOwnCluster } from './external-metrics.ts';
import { createPrometheusSource } from './prometheus.ts';
import { answerOf, type Ask } from './question.ts';
import { TEMPLATE_PROVIDERS } from './registry.ts';
import type { ServerSource } from './server-source.ts';

export interface MetricsSourceOptions {
  /** The engine's own server. */
  readonly own: ServerSource;
  /** An address outside the cluster for one inside it. */
  readonly resolve: (url: URL) => URL;
  /** The cluster's own, for templates that name no other. */
  readonly externalMetrics?: ExternalMetrics | undefined;
}

/** Asks whichever server a check is for: the engine's, the canary's, or that of a template. */
export function createMetricsSource(options: MetricsSourceOptions): MetricsSource {
  const { own, resolve, externalMetrics } = options;
  const serverOf = (address: string | undefined) =>
    address === undefined ? own : createPrometheusSource(resolve(new URL(address)).href);
  const askOf = ({ type, address }: MetricProvider): Ask =>
    type === 'externalmetrics' && address === undefined
      ? askOwnCluster(externalMetrics)
      : TEMPLATE_PROVIDERS[type];
  return {
    measure(subject, check, nowMs, credentials) {
      if (check.kind !== 'template') {
        return serverOf(subject.metricsServer).measure(subject, check, nowMs);
      }
      const { query, intervalMs } = check;
      const { address } = check.provider;
      const provider = URL.canParse(address ?? '')
        ? { ...check.provider, address: resolve(new URL(address ?? '')).href }
        : check.provider;
      return answerOf(askOf(provider), { provider, credentials, query, intervalMs, nowMs });
    },
    requests: (apex, windowMs, endMs) =>
      serverOf(apex.metricsServer).requests(apex, windowMs, endMs),
  };
}
