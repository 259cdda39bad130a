import type { Clock, Random } from '../../ports/clock.ts';

export interface SystemClockOptions {
  /** How many seconds pass on this clock in one real second. */
  readonly speed?: number;
  /** The instant at which this clock and the real one agree. */
  readonly anchorMs?: number;
}

/** The longest a timer can be set for; longer sleeps are cut into several. */
const TIMER_LIMIT_MS = 2 ** 31 - 1;

/** The machine's clock. A demonstration may let it run faster; everybody must then use the same one. */
export function createSystemClock(options: SystemClockOptions = {}): Clock {
  const { speed = 1, anchorMs = Date.now() } = options;
  const nowMs = () => Math.round(anchorMs + (Date.now() - anchorMs) * speed);
  return {
    nowMs,
    async sleep(durationMs, signal) {
      const endMs = nowMs() + durationMs;
      for (
        let leftMs = durationMs;
        leftMs > 0 && signal?.aborted !== true;
        leftMs = endMs - nowMs()
      ) {
        await realSleep(Math.min(leftMs / speed, TIMER_LIMIT_MS), signal);
      }
    },
  };
}

/** Counts from an arbitrary moment, cannot be set, and goes on while the process is stopped. */
export const monotonicClock: Clock = { nowMs: () => performance.now(), sleep: realSleep };

function realSleep(durationMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, durationMs);
    signal?.addEventListener('abort', done, { once: true });
  });
}

export const systemRandom: Random = { next: () => Math.random() };
