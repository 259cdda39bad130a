import type { MetricsSource } from '../../ports/metrics-source.ts';
import { createPrometheusSource } from './prometheus.ts';
import { answerOf } from './question.ts';
import { TEMPLATE_PROVIDERS } from './registry.ts';
import type { ServerSource } from './server-source.ts';

export interface MetricsSourceOptions {
  /** The engine's own server. */
  readonly own: ServerSource;
  /** An address outside the cluster for one inside it. */
  readonly resolve: (url: URL) => URL;
}

/** Asks whichever server a check is for: the engine's, the canary's, or that of a template. */
export function createMetricsSource({ own, resolve }: MetricsSourceOptions): MetricsSource {
  const serverOf = (address: string | undefined) =>
    address === undefined ? own : createPrometheusSource(resolve(new URL(address)).href);
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
      const ask = TEMPLATE_PROVIDERS[provider.type];
      return answerOf(ask, { provider, credentials, query, intervalMs, nowMs });
    },
    requests: (apex, windowMs, endMs) =>
      serverOf(apex.metricsServer).requests(apex, windowMs, endMs),
  };
}
