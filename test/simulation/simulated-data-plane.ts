import type { RequestCounts } from '../../engine/core/effect.ts';
import type { Weights } from '../../engine/core/record.ts';
import type { Dice } from './random.ts';

interface Traffic {
  readonly requestsPerSecond: number;
  /** The weights that requests really followed, from when on; the newest last. */
  readonly followed: { readonly sinceMs: number; readonly weights: Weights }[];
  /** What the routing object says and the proxies do not follow yet. */
  ahead: { readonly weights: Weights; readonly followMs: number } | undefined;
}

const LAG_MS = { min: 1_000, max: 180_000 };
/** So many requests tell any two steps of the simulated ladders apart. */
const TELLING = 600;
const INTERVAL_MS = 60_000;

/** Proxies that follow a routing object at once, late, or not at all, and count what they send. */
export class SimulatedDataPlane {
  readonly #traffic = new Map<string, Traffic>();
  readonly #dice: Dice;
  readonly #nowMs: () => number;

  constructor(dice: Dice, nowMs: () => number) {
    this.#dice = dice;
    this.#nowMs = nowMs;
  }

  route(apex: string, weights: Weights, faults: boolean): void {
    const nowMs = this.#nowMs();
    const known = this.#traffic.get(apex);
    if (known === undefined) {
      const requestsPerSecond = this.#dice.pick([0, 0.05, 20, 50]);
      const followed = [{ sinceMs: nowMs, weights }];
      this.#traffic.set(apex, { requestsPerSecond, followed, ahead: undefined });
      return;
    }
    known.ahead = { weights, followMs: nowMs + (faults ? this.#lagMs() : 0) };
    this.#follow(known);
  }

  /** There is no route any more. */
  forget(apex: string): void {
    this.#traffic.delete(apex);
  }

  tick(faults: boolean): void {
    for (const traffic of this.#traffic.values()) {
      const { ahead } = traffic;
      if (ahead === undefined) continue;
      const isRepaired = !faults || this.#dice.chance(0.02);
      if (isRepaired) traffic.ahead = { ...ahead, followMs: this.#nowMs() };
      this.#follow(traffic);
    }
  }

  counts(apex: string, windowMs: number, endMs: number): RequestCounts {
    const { requestsPerSecond = 0, followed = [] } = this.#traffic.get(apex) ?? {};
    const beginMs = endMs - windowMs;
    let [primary, canary] = [0, 0];
    for (const [index, { sinceMs, weights }] of followed.entries()) {
      const untilMs = followed[index + 1]?.sinceMs ?? Infinity;
      const durationMs = Math.max(0, Math.min(endMs, untilMs) - Math.max(beginMs, sinceMs));
      const requests = (durationMs / 1_000) * requestsPerSecond;
      primary += (requests * weights.primary) / 100;
      canary += (requests * weights.canary) / 100;
    }
    return { state: 'counted', primary, canary };
  }

  isKnownNotToFollow(apex: string, appliedMs: number): boolean {
    const { ahead, followed = [] } = this.#traffic.get(apex) ?? {};
    const current = followed.at(-1);
    const nowMs = this.#nowMs();
    if (ahead === undefined || current?.weights.canary === ahead.weights.canary) return false;
    // The clock was set back: what is counted until now is not what is followed now.
    if (current === undefined || current.sinceMs > nowMs) return false;
    const counts = this.counts(apex, Math.min(INTERVAL_MS, nowMs - appliedMs), nowMs);
    return counts.state === 'counted' && counts.primary + counts.canary >= TELLING;
  }

  #lagMs(): number {
    if (this.#dice.chance(0.7)) return 0;
    return this.#dice.chance(0.3) ? Infinity : this.#dice.int(LAG_MS.min, LAG_MS.max);
  }

  #follow(traffic: Traffic): void {
    const { ahead } = traffic;
    if (ahead === undefined || ahead.followMs > this.#nowMs()) return;
    traffic.followed.push({ sinceMs: this.#nowMs(), weights: ahead.weights });
    traffic.ahead = undefined;
  }
}
