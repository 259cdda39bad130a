/** Sends one message; says why when it could not. Never throws. */
export type Send = () => Promise<SendOutcome>;

export type SendOutcome =
  { readonly kind: 'sent' } | { readonly kind: 'failed'; readonly why: string };

/** One lane is one receiver: its messages stay in order, and a slow one delays nobody else. */
const LANE_LENGTH_MAX = 100;
const LENGTH_MAX = 2_000;
const CONCURRENCY = 16;

/**
 * Messages that are sent beside the passes. Nothing waits for it, and it forgets what it holds when
 * the engine ends: whatever matters stands in Git.
 */
export class Outbox {
  readonly #lanes = new Map<string, Send[]>();
  readonly #busy = new Set<string>();
  readonly #idle: (() => void)[] = [];
  #length = 0;

  /** Messages that are not sent yet, those under way included. */
  get length(): number {
    return this.#length;
  }

  /** False when there is no room for it: a receiver that takes nothing must not fill the memory. */
  post(lane: string, send: Send): boolean {
    const waiting = this.#lanes.get(lane) ?? [];
    if (waiting.length >= LANE_LENGTH_MAX || this.#length >= LENGTH_MAX) return false;
    this.#lanes.set(lane, [...waiting, send]);
    this.#length += 1;
    this.#pump();
    return true;
  }

  /** Resolves once nothing is left to be sent. */
  settled(): Promise<void> {
    if (this.#length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #pump(): void {
    for (const [lane, [send, ...rest]] of this.#lanes) {
      if (this.#busy.size >= CONCURRENCY) return;
      if (this.#busy.has(lane) || send === undefined) continue;
      // To the end of the round, so that many messages to one never starve another.
      this.#lanes.delete(lane);
      if (rest.length > 0) this.#lanes.set(lane, rest);
      this.#busy.add(lane);
      void send().finally(() => this.#done(lane));
    }
  }

  #done(lane: string): void {
    this.#busy.delete(lane);
    this.#length -= 1;
    this.#pump();
    if (this.#length === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }
}
