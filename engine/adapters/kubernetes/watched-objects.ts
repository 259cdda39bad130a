import type { z } from 'zod';
import type { ObjectReference } from '../../ports/cluster.ts';
import type { Logger } from '../../ports/logger.ts';
import { folderOf, type ObjectReader, pathOf, readAs } from './read-object.ts';
import { WatchedCollection, type WatchSurroundings } from './watched-collection.ts';

interface Occasion {
  readonly name: string;
  readonly sinceMs: number;
}

/**
 * Reads from memory what a watch keeps up to date, and asks the API server for the single object
 * otherwise: polling is the truth, and watches only spare it. Collections are followed from the first
 * question about one of their objects on. An answer is never older than its occasion: an agent's
 * "applied" may arrive before the news of what it applied.
 */
export class WatchedObjects implements ObjectReader {
  readonly #with: WatchSurroundings;
  readonly #logger: Logger;
  /** By schema: each keeps a part of its own of the same objects. */
  readonly #collections = new Map<z.ZodType, Map<string, WatchedCollection<unknown>>>();
  readonly #occasions = new Map<string, Occasion>();
  readonly #running = new Set<Promise<void>>();
  readonly #stopped = new AbortController();

  constructor(surroundings: WatchSurroundings, logger: Logger) {
    this.#with = surroundings;
    this.#logger = logger;
  }

  async read<T>(reference: ObjectReference, schema: z.ZodType<T>, occasion?: string) {
    const { api, monotonic } = this.#with;
    const sinceMs = this.#sinceMs(pathOf(reference), occasion);
    const collection = this.#collectionOf(reference, schema);
    await collection.settled;
    const known = collection.recall(reference.name, sinceMs);
    if (known !== undefined) return known;
    const sentMs = monotonic.nowMs();
    const answer = await api.get(pathOf(reference));
    if (answer.kind === 'found') collection.learn(reference.name, answer.object, sentMs);
    if (answer.kind === 'missing') collection.learn(reference.name, undefined, sentMs);
    return readAs(answer, reference, schema);
  }

  /** Ends all watches. Reading goes on, object by object. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await Promise.all(this.#running);
  }

  /** When the occasion was first named. */
  #sinceMs(object: string, occasion: string | undefined): number {
    if (occasion === undefined) return -Infinity;
    const known = this.#occasions.get(object);
    if (known?.name === occasion) return known.sinceMs;
    const sinceMs = this.#with.monotonic.nowMs();
    this.#occasions.set(object, { name: occasion, sinceMs });
    return sinceMs;
  }

  #collectionOf<T>(reference: ObjectReference, schema: z.ZodType<T>): WatchedCollection<T> {
    const kept = this.#collections.get(schema) ?? new Map<string, WatchedCollection<unknown>>();
    this.#collections.set(schema, kept);
    const folder = folderOf(reference);
    // What is kept under a schema was made with it.
    const known = kept.get(folder) as WatchedCollection<T> | undefined;
    if (known !== undefined) return known;
    const made = new WatchedCollection(reference, schema, this.#with);
    kept.set(folder, made);
    const run = this.#follow(made, reference).finally(() => {
      if (kept.get(folder) === made) kept.delete(folder);
      this.#running.delete(run);
    });
    this.#running.add(run);
    return made;
  }

  async #follow<T>(collection: WatchedCollection<T>, of: ObjectReference): Promise<void> {
    await collection.run(this.#stopped.signal, (why) => this.#complain(of, why));
  }

  #complain({ kind, namespace }: ObjectReference, why: string): void {
    this.#logger.warn('objects cannot be watched, and are asked for one by one', {
      kind,
      namespace,
      why,
      remedy: `let the engine list and watch them: EngineInstallation does, docs/install.md`,
    });
  }
}
