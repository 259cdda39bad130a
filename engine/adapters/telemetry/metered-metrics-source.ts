import type { Clock } from '../../ports/clock.ts';
import type { MetricsSource } from '../../ports/metrics-source.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

export interface MeterOptions {
  readonly telemetry: Telemetry;
  /** Counts real time, however fast the engine's own runs. */
  readonly clock: Clock;
  /** The provider that is asked where a check names none. */
  readonly provider: string;
}

/** A metrics source whose answers are timed. */
export function meteredMetricsSource(
  source: MetricsSource,
  { telemetry, clock, provider: own }: MeterOptions,
): MetricsSource {
  return {
    async measure(subject, check, nowMs, credentials) {
      const startedMs = clock.nowMs();
      const measurement = await source.measure(subject, check, nowMs, credentials);
      const provider = check.kind === 'template' ? check.provider.type : own;
      const durationMs = clock.nowMs() - startedMs;
      telemetry.queried({ provider, outcome: measurement.kind, durationMs });
      return measurement;
    },
    requests: (apex, windowMs, endMs) => source.requests(apex, windowMs, endMs),
  };
}
