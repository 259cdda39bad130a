import type { MetricProviderType } from '../../../constructs/canary-spec.ts';
import { ProblemError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { askCloudwatch } from './cloudwatch.ts';
import { askDatadog } from './datadog.ts';
import { askDynatrace } from './dynatrace.ts';
import { askExternalMetrics } from './external-metrics.ts';
import { askGraphite } from './graphite.ts';
import { askInfluxdb } from './influxdb.ts';
import { askNewRelic } from './newrelic.ts';
import { askPrometheus, createPrometheusSource } from './prometheus.ts';
import type { Ask } from './question.ts';
import { createScrapeSource } from './scrape.ts';
import type { ServerSource } from './server-source.ts';
import { askSplunk } from './splunk.ts';
import { askStackdriver } from './stackdriver.ts';

/** Every kind of server that a MetricTemplate can name. */
export const TEMPLATE_PROVIDERS: Readonly<Record<MetricProviderType, Ask>> = {
  prometheus: askPrometheus,
  datadog: askDatadog,
  newrelic: askNewRelic,
  graphite: askGraphite,
  influxdb: askInfluxdb,
  dynatrace: askDynatrace,
  cloudwatch: askCloudwatch,
  stackdriver: askStackdriver,
  splunk: askSplunk,
  externalmetrics: askExternalMetrics,
};

/** A metrics server that may have to be let go. */
export interface OpenMetricsSource {
  readonly source: ServerSource;
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
