import type { BuiltinCheck } from '../../../constructs/canary-spec.ts';
import type { RequestCounts } from '../../core/effect.ts';
import type { Measurement } from '../../core/observation.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ApexSubject, MetricSubject } from '../../ports/metrics-source.ts';
import { parseExposition, type Sample } from './exposition.ts';
import {
  histogramQuantile,
  increase,
  type RequestTotals,
  requestTotals,
  sentTotals,
  WANTED_SAMPLES,
} from './request-totals.ts';
import type { OwnCheck, ServerSource } from './server-source.ts';

export interface ScrapeOptions {
  /** The exposition: `http://host:port/metrics`. */
  readonly address: string;
  readonly clock: Clock;
  /** Time between two scrapes. */
  readonly periodMs?: number;
}

export interface ScrapeSource extends ServerSource {
  /** Begins to scrape; a window must have been watched before it can be judged. */
  start(): void;
  stop(): Promise<void>;
}

interface Scrape {
  readonly atMs: number;
  readonly samples: readonly Sample[];
}

const TIMEOUT_MS = 5_000;
const PERIOD_MS = 5_000;
/** Longer windows than this cannot be watched; scrapes beyond it are forgotten. */
const WINDOW_MAX_MS = 10 * 60_000;

/**
 * Computes the built-in checks from scraped counters, for places without a Prometheus. It keeps
 * what it scraped in memory: after a start it has to watch for one window before it can answer.
 */
export function createScrapeSource(options: ScrapeOptions): ScrapeSource {
  return new Scraper(options);
}

class Scraper implements ScrapeSource {
  readonly #options: ScrapeOptions;
  readonly #stopped = new AbortController();
  #scrapes: Scrape[] = [];
  #lastError: string | undefined;
  #running: Promise<void> | undefined;
  #inFlight: Promise<void> | undefined;

  constructor(options: ScrapeOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async measure(subject: MetricSubject, check: OwnCheck, nowMs: number): Promise<Measurement> {
    if (check.kind === 'query') {
      return { kind: 'error', why: 'scraped counters answer no queries: name a Prometheus' };
    }
    await this.#scrape();
    const newest = this.#scrapes.at(-1);
    if (newest === undefined || this.#lastError !== undefined) {
      return { kind: 'error', why: this.#lastError ?? 'nothing could be scraped' };
    }
    const fromMs = newest.atMs - check.intervalMs;
    const oldest = this.#scrapes[0] ?? newest;
    if (oldest.atMs > fromMs) {
      const untilMs = oldest.atMs + check.intervalMs;
      const why = `watching ${subject.workload}: the window is not full yet`;
      return { kind: 'pending', why, untilMs: Math.max(nowMs + 1, untilMs) };
    }
    const begin = this.#scrapes.findLast(({ atMs }) => atMs <= fromMs) ?? oldest;
    const to = requestTotals(newest.samples, subject);
    if (to === undefined) return { kind: 'empty', why: `no series of ${subject.workload}` };
    return judge(check, increase(requestTotals(begin.samples, subject), to), subject);
  }

  /** Between the first and the last scrape within the window: nothing from before it is counted. */
  async requests(apex: ApexSubject, windowMs: number, endMs: number): Promise<RequestCounts> {
    await this.#scrape();
    if (this.#lastError !== undefined) return { state: 'unmeasured', why: this.#lastError };
    const first = this.#scrapes.find(({ atMs }) => atMs >= endMs - windowMs);
    const last = this.#scrapes.findLast(({ atMs }) => atMs <= endMs);
    if (first === undefined || last === undefined || first.atMs >= last.atMs) {
      return { state: 'counted', primary: 0, canary: 0 };
    }
    const [from, to] = [sentTotals(first.samples, apex), sentTotals(last.samples, apex)];
    const added = (track: keyof typeof to) =>
      to[track] < from[track] ? to[track] : to[track] - from[track];
    return { state: 'counted', primary: added('primary'), canary: added('canary') };
  }

  async #run(): Promise<void> {
    const { clock, periodMs = PERIOD_MS } = this.#options;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.#scrape();
      await clock.sleep(periodMs, signal);
    }
  }

  /** Many checks of one pass share one request. */
  #scrape(): Promise<void> {
    this.#inFlight ??= this.#request().finally(() => {
      this.#inFlight = undefined;
    });
    return this.#inFlight;
  }

  async #request(): Promise<void> {
    const { address, clock } = this.#options;
    try {
      const timeout = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(address, { signal: timeout });
      const text = await response.text();
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      const atMs = clock.nowMs();
      this.#scrapes.push({ atMs, samples: parseExposition(text, WANTED_SAMPLES) });
      this.#lastError = undefined;
      const oldestMs = atMs - WINDOW_MAX_MS;
      this.#scrapes = this.#scrapes.filter((scrape) => scrape.atMs >= oldestMs);
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      this.#lastError = `${address}: ${cause instanceof Error ? cause.message : String(cause)}`;
    }
  }
}

function judge(check: BuiltinCheck, window: RequestTotals, subject: MetricSubject): Measurement {
  if (window.requests === 0) {
    return { kind: 'empty', why: `no requests to ${subject.workload} in the window` };
  }
  switch (check.name) {
    case 'request-success-rate': {
      const value = (1 - window.failures / window.requests) * 100;
      return { kind: 'value', value, samples: window.requests };
    }
    case 'request-duration': {
      const value = histogramQuantile(0.99, window.buckets);
      return { kind: 'value', value, samples: window.requests };
    }
  }
}
