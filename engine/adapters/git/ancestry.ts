import { LRUCache } from 'lru-cache';

/** Of a fleet's branches some five each; what is forgotten is asked of Git. */
const KEPT = 5_000;

/**
 * Which commits are known to stand on which others without asking Git: those that were made here stand
 * on what they were made on. An id says what its commit stands on, so that nothing of this can change.
 */
export class Ancestry {
  readonly #onto = new LRUCache<string, string>({ max: KEPT });
  readonly #known = new LRUCache<string, true>({ max: KEPT });

  /** Commits were made, the last of which is `tip`. */
  grew(onto: string, tip: string): void {
    if (onto !== tip) this.#onto.set(tip, onto);
  }

  learn(ancestor: string, descendant: string): void {
    this.#known.set(`${ancestor} ${descendant}`, true);
  }

  isKnown(ancestor: string, descendant: string): boolean {
    let at: string | undefined = descendant;
    while (at !== undefined && at !== ancestor && !this.#known.has(`${ancestor} ${at}`)) {
      at = this.#onto.get(at);
    }
    if (at === undefined) return false;
    this.learn(ancestor, descendant);
    return true;
  }
}
