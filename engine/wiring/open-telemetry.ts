import { readFile } from 'node:fs/promises';
import { type Listener, listen } from '../adapters/telemetry/listener.ts';
import { meteredMetricsSource } from '../adapters/telemetry/metered-metrics-source.ts';
import { PrometheusTelemetry } from '../adapters/telemetry/prometheus-telemetry.ts';
import { packageFile } from '../cli/package-file.ts';
import type { ListenAddress } from '../config/listen-address.ts';
import { queueView } from '../controller/queue-view.ts';
import { assertInvariant } from '../core/errors.ts';
import type { QueuedDecision } from '../controller/result.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { MetricsSource } from '../ports/metrics-source.ts';
import type { Telemetry } from '../ports/telemetry.ts';

export interface OpenTelemetry {
  /** What one delivery is counted with. */
  of(name: string | undefined): Counting;
  stop(): Promise<void>;
}

export interface Counting {
  readonly telemetry: Telemetry;
  /** The same source, with its answers timed. */
  metered(source: MetricsSource, provider: string): MetricsSource;
  /** The API server of a cluster was asked something. */
  apiRequested(verb: string): void;
  /** The engine did what it is here for. */
  beat(): void;
  /** What waits for a push after a pass. */
  queued(decisions: readonly QueuedDecision[]): void;
}

interface Surroundings {
  /** The deliveries; what is counted of each has its name for a label. */
  readonly names: readonly (string | undefined)[];
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
  { names, pollMs, monotonic, logger }: Surroundings,
): Promise<OpenTelemetry> {
  const version = await packageVersion();
  const counted = new Map(
    names.map((name) => {
      const telemetry = new PrometheusTelemetry({ version, provider: 'istio', delivery: name });
      return [name, new DeliveryCount(telemetry, monotonic)] as const;
    }),
  );
  const all = [...counted.values()];
  all[0]?.telemetry.watchProcess();
  const readyMs = Math.max(READY_MIN_MS, READY_POLLS * pollMs);
  const listener: Listener = await listen({
    ...address,
    metrics: async () => ({
      contentType: all[0]?.telemetry.contentType ?? 'text/plain',
      text: joinedExposition(await Promise.all(all.map((each) => each.telemetry.exposition()))),
    }),
    queue: () => ({ decisions: queueView(all.flatMap(({ queue }) => queue)) }),
    unreadiness() {
      const reasons = [...counted].flatMap(([name, each]) => {
        const why = each.unreadiness(readyMs);
        return why === undefined ? [] : [name === undefined ? why : `${name}: ${why}`];
      });
      // One that works is reason enough to stay: trouble with a delivery is not trouble with all.
      return reasons.length < all.length ? undefined : reasons.join('; ');
    },
  });
  logger.info('serving metrics and probes', { address: listener.address });
  let stopped: Promise<void> | undefined;
  return {
    of(name) {
      const count = counted.get(name);
      assertInvariant(count !== undefined, `nobody counts for the delivery ${name}`);
      return count;
    },
    stop: () => (stopped ??= listener.stop()),
  };
}

class DeliveryCount implements Counting {
  readonly telemetry: PrometheusTelemetry;
  readonly #monotonic: Clock;
  #beatMs: number | undefined;
  queue: readonly QueuedDecision[] = [];

  constructor(telemetry: PrometheusTelemetry, monotonic: Clock) {
    this.telemetry = telemetry;
    this.#monotonic = monotonic;
  }

  metered(source: MetricsSource, provider: string): MetricsSource {
    const { telemetry } = this;
    return meteredMetricsSource(source, { telemetry, clock: this.#monotonic, provider });
  }

  apiRequested(verb: string): void {
    this.telemetry.apiRequested(verb);
  }

  beat(): void {
    this.#beatMs = this.#monotonic.nowMs();
  }

  queued(decisions: readonly QueuedDecision[]): void {
    this.queue = decisions;
  }

  unreadiness(readyMs: number): string | undefined {
    if (this.#beatMs === undefined) return 'no pass has succeeded yet';
    const idleMs = this.#monotonic.nowMs() - this.#beatMs;
    if (idleMs <= readyMs) return undefined;
    return `no pass has succeeded for ${Math.round(idleMs / 1_000)} s`;
  }
}

/** Expositions of the same metrics as one: all samples of a metric stand together. */
function joinedExposition(texts: readonly string[]): string {
  const [only = ''] = texts;
  if (texts.length === 1) return only;
  const families = new Map<string, string[]>();
  for (const text of texts) {
    for (const block of text.split(/^(?=# HELP )/m)) {
      const head = block.split('\n').filter((line) => line.startsWith('#'));
      const samples = block.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      const name = head.join('\n');
      families.set(name, [...(families.get(name) ?? []), ...samples]);
    }
  }
  return [...families].map(([head, samples]) => [head, ...samples].join('\n')).join('\n') + '\n';
}

async function packageVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(packageFile('package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
