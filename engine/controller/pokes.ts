/** Agents poll every minute or so; asking twice as often costs them nothing. */
const FIRST_PAUSE_MS = 30_000;
const PAUSE_MAX_MS = 300_000;

interface Poked {
  readonly pauseMs: number;
  readonly againMs: number;
}

/**
 * When the sync agent of each branch is asked once more to look: a request may be lost. An agent that
 * is merely busy is not helped by it, so that each pause is twice as long as the one before.
 */
export class Pokes {
  readonly #poked = new Map<string, Poked>();

  /** It has been asked for something new. */
  asked(branch: string, nowMs: number): void {
    this.#poked.set(branch, { pauseMs: FIRST_PAUSE_MS, againMs: nowMs + FIRST_PAUSE_MS });
  }

  /** It is asked again now, if it is time. */
  askAgain(branch: string, nowMs: number): boolean {
    const last = this.#poked.get(branch);
    if (last === undefined) {
      this.asked(branch, nowMs);
      return true;
    }
    if (nowMs < last.againMs) return false;
    const pauseMs = Math.min(PAUSE_MAX_MS, 2 * last.pauseMs);
    this.#poked.set(branch, { pauseMs, againMs: nowMs + pauseMs });
    return true;
  }
}
