import { readFile } from 'node:fs/promises';
import { type Listener, listen } from '../adapters/telemetry/listener.ts';
import { meteredMetricsSource } from '../adapters/telemetry/metered-metrics-source.ts';
import { PrometheusTelemetry } from '../adapters/telemetry/prometheus-telemetry.ts';
import { packageFile } from '../cli/package-file.ts';
import type { ListenAddress } from '../config/listen-address.ts';
import { queueView } from '../controller/queue-view.ts';
import type { QueuedDecision } from '../controller/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { MetricsSource } from '../ports/metrics-source.ts';
import type { Telemetry } from '../ports/telemetry.ts';

export interface OpenTelemetry {
  readonly telemetry: Telemetry;
  /** The same source, with its answers timed. */
  metered(source: MetricsSource, provider: string): MetricsSource;
  /** The engine did what it is here for. */
  beat(): void;
  /** What waits for a push after a pass. */
  queued(decisions: readonly QueuedDecision[]): void;
  stop(): Promise<void>;
}

interface Surroundings {
  readonly pollMs: number;
  /** Counts real time, however fast the engine's own clock runs. */
  readonly monotonic: Clock;
  readonly logger: Logger;
}

/** A pass may take its time, and one that failed is repeated: this much is no reason for an alarm. */
const READY_MIN_MS = 60_000;
const READY_POLLS = 3;

/** Counts, and serves what was counted together with the answers to probes. */
export async function openTelemetry(
  address: ListenAddress,
  { pollMs, monotonic, logger }: Surroundings,
): Promise<OpenTelemetry> {
  const telemetry = new PrometheusTelemetry({ version: await packageVersion(), provider: 'istio' });
  telemetry.watchProcess();
  let beatMs: number | undefined;
  let queue: readonly QueuedDecision[] = [];
  const readyMs = Math.max(READY_MIN_MS, READY_POLLS * pollMs);
  const listener: Listener = await listen({
    ...address,
    metrics: async () => ({
      contentType: telemetry.contentType,
      text: await telemetry.exposition(),
    }),
    queue: () => ({ decisions: queueView(queue) }),
    unreadiness() {
      if (beatMs === undefined) return 'no pass has succeeded yet';
      const idleMs = monotonic.nowMs() - beatMs;
      if (idleMs <= readyMs) return undefined;
      return `no pass has succeeded for ${Math.round(idleMs / 1_000)} s`;
    },
  });
  logger.info('serving metrics and probes', { address: listener.address });
  return {
    telemetry,
    metered: (source, provider) =>
      meteredMetricsSource(source, { telemetry, clock: monotonic, provider }),
    beat: () => {
      beatMs = monotonic.nowMs();
    },
    queued: (decisions) => {
      queue = decisions;
    },
    stop: () => listener.stop(),
  };
}

async function packageVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(packageFile('package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
