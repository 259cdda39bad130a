import type { ReadObject } from './read-object.ts';

/** An object as it was seen. */
export interface Sighting<T> {
  readonly answer: ReadObject<T>;
  /** Its resourceVersion; empty where there is none. */
  readonly version: string;
}

type Known<T> = Sighting<T> & {
  /** When it became known, on the caller's clock. */
  readonly sinceMs: number;
  /** It was asked for itself, not told of; the request was sent then. */
  readonly readMs: number | undefined;
};

/**
 * Objects of one collection by name, each in the newest version that was seen. Listing, watching and
 * single reads go on side by side, so that their answers may come in any order.
 */
export class KnownObjects<T> {
  #known = new Map<string, Known<T>>();
  #listedMs = -Infinity;

  get size(): number {
    return this.#known.size;
  }

  /** How it was no earlier than `sinceMs`; nothing when only older things are known. */
  recall(name: string, sinceMs: number): ReadObject<T> | undefined {
    const known = this.#known.get(name);
    if (Math.max(this.#listedMs, known?.readMs ?? -Infinity) < sinceMs) return undefined;
    return known?.answer ?? { state: 'missing' };
  }

  /** All there is. What was read alone in the meantime may be newer. */
  list(objects: ReadonlyMap<string, Sighting<T>>, sentMs: number, nowMs: number): void {
    const before = this.#known;
    this.#listedMs = sentMs;
    this.#known = new Map();
    for (const [name, listed] of objects) {
      const known = before.get(name);
      const isNewer =
        known?.readMs !== undefined &&
        known.readMs >= sentMs &&
        known.answer.state !== 'missing' &&
        !isOlder(known, listed);
      this.#known.set(name, isNewer ? known : { ...listed, sinceMs: nowMs, readMs: undefined });
    }
  }

  /** It was added or changed. */
  put(name: string, sighting: Sighting<T>, nowMs: number): void {
    const known = this.#known.get(name);
    if (isOlder(sighting, known)) return;
    // What is newer than a single read is at least as new as its occasion; an end that was read is none.
    const readMs = known?.answer.state === 'missing' ? undefined : known?.readMs;
    this.#known.set(name, { ...sighting, sinceMs: nowMs, readMs });
  }

  remove(name: string, version: string): void {
    const known = this.#known.get(name);
    if (known?.answer.state === 'missing' || isOlder({ version }, known)) return;
    this.#known.delete(name);
  }

  /**
   * It was asked for itself. Answers whether versions have gone back: then this is not the cluster
   * any more that the rest was learnt from.
   */
  read(name: string, sighting: Sighting<T>, sentMs: number, nowMs: number): 'sound' | 'gone-back' {
    const known = this.#known.get(name);
    if (known === undefined || !isOlder(sighting, known)) {
      this.#known.set(name, { ...sighting, sinceMs: nowMs, readMs: sentMs });
      return 'sound';
    }
    return known.sinceMs < sentMs ? 'gone-back' : 'sound';
  }
}

/** Versions of one collection can be compared as decimal numbers. What has none is not older. */
function isOlder(
  one: { readonly version: string },
  other: { readonly version: string } | undefined,
): boolean {
  if (other === undefined || !DECIMAL.test(one.version) || !DECIMAL.test(other.version))
    return false;
  return BigInt(one.version) < BigInt(other.version);
}

/** @see https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions */
const DECIMAL = /^[0-9]+$/;
