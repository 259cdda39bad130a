import { ProblemError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MetricsSource } from '../../ports/metrics-source.ts';
import { createPrometheusSource } from './prometheus.ts';
import { createScrapeSource } from './scrape.ts';

/** A metrics source that may have to be stopped. */
export interface OpenMetricsSource {
  readonly source: MetricsSource;
  stop(): Promise<void>;
}

type Open = (address: string, clock: Clock) => OpenMetricsSource;

/** Every kind of metrics server, by its id in `serin.yaml`. */
export const METRICS_PROVIDERS: Readonly<Record<string, Open>> = {
  prometheus: (address) => ({
    source: createPrometheusSource(address),
    stop: () => Promise.resolve(),
  }),
  scrape(address, clock) {
    const source = createScrapeSource({ address, clock });
    source.start();
    return { source, stop: () => source.stop() };
  },
};

export function openMetrics(provider: string, address: string, clock: Clock): OpenMetricsSource {
  const open = Object.hasOwn(METRICS_PROVIDERS, provider) ? METRICS_PROVIDERS[provider] : undefined;
  if (open !== undefined) return open(address, clock);
  throw new ProblemError([
    {
      code: 'unknown-provider',
      message: `metrics.provider is ${JSON.stringify(provider)}, which is not known`,
      remedy: `use one of: ${Object.keys(METRICS_PROVIDERS).join(', ')}`,
    },
  ]);
}
