import type { Clock } from '../../engine/ports/clock.ts';
import { T0_MS } from './builders.ts';

/** A clock that stands still until it is moved; sleeping moves it. It never goes back. */
export class FakeClock implements Clock {
  readonly slept: number[] = [];
  #nowMs: number;

  constructor(nowMs = T0_MS) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  sleep(durationMs: number): Promise<void> {
    this.slept.push(durationMs);
    this.advance(durationMs);
    return Promise.resolve();
  }

  advance(durationMs: number): void {
    if (durationMs < 0) throw new RangeError(`the clock cannot go back by ${-durationMs} ms`);
    this.#nowMs += durationMs;
  }
}
