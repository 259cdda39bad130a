import type { Clock } from '../../ports/clock.ts';
import type { MetricsSource } from '../../ports/metrics-source.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

/** A metrics source whose answers are timed. `clock` counts real time, however fast the engine's own runs. */
export function meteredMetricsSource(
  source: MetricsSource,
  telemetry: Telemetry,
  clock: Clock,
): MetricsSource {
  return {
    async measure(subject, check, nowMs, credentials) {
      const startedMs = clock.nowMs();
      const measurement = await source.measure(subject, check, nowMs, credentials);
      telemetry.queried({ outcome: measurement.kind, durationMs: clock.nowMs() - startedMs });
      return measurement;
    },
    requests: (apex, windowMs, endMs) => source.requests(apex, windowMs, endMs),
  };
}
