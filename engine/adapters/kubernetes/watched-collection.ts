import { z } from 'zod';
import { backoffMs } from '../../core/backoff.ts';
import type { Clock, Random } from '../../ports/clock.ts';
import type { ObjectReference } from '../../ports/cluster.ts';
import { KnownObjects, type Sighting } from './known-objects.ts';
import type { WatchableApi } from './kubernetes-api.ts';
import { folderOf, parseAs, type ReadObject } from './read-object.ts';
import { failureOf, type Interruption, refusal, troubleOf } from './watch-interruption.ts';

/** Which objects: of one kind, in one namespace. */
export type Collection = Omit<ObjectReference, 'name'>;

export interface WatchTiming {
  /** A silent watch is opened anew after this: the API server sends a bookmark about every minute. */
  readonly pulseMs: number;
  /** No answer is given from a watch that has been silent for longer. */
  readonly trustMs: number;
  /** Watches end by themselves after this, and up to twice this. */
  readonly lifetimeMs: number;
  /** What was listed so long ago is listed again when its watch ends. */
  readonly relistMs: number;
  /** A watch that nobody asks about is closed. */
  readonly unusedMs: number;
  /** Rights may be given, and definitions installed, later. */
  readonly refusedMs: number;
  /** For so long a question waits for the first list. */
  readonly patienceMs: number;
}

export const WATCH_TIMING: WatchTiming = {
  pulseMs: 75_000,
  trustMs: 90_000,
  lifetimeMs: 1_800_000,
  relistMs: 3_600_000,
  unusedMs: 900_000,
  refusedMs: 300_000,
  patienceMs: 5_000,
};

export interface WatchSurroundings {
  readonly api: WatchableApi;
  /** Goes on while the process is stopped and is never set. */
  readonly monotonic: Clock;
  readonly random: Random;
  readonly timing: WatchTiming;
}

/** Objects of a page: one at the size limit of etcd would still fit many times over. */
const PAGE = 100;
/** Kept in memory, as far as somebody looks at them. */
const OBJECTS_MAX = 10_000;
/** After a cut, watches do not all come back at the same moment. */
const RESUME_MS = 500;
/** A watch that ends sooner than this did not work. */
const SHORTEST_MS = 1_000;
/** And one that goes on for so long did. */
const WORKED_MS = 10_000;
/** An API server that has just started knows nobody's rights yet: so many in a row are meant. */
const REFUSALS = 6;
const BACKOFF = { baseMs: 1_000, capMs: 15_000 };

/** The parts of any object that a watch is followed by. */
const Identified = z.object({
  metadata: z.object({ name: z.string().default(''), resourceVersion: z.string().default('') }),
});
const List = z.object({
  metadata: z.object({ resourceVersion: z.string(), continue: z.string().default('') }),
  items: z.array(z.unknown()).nullish(),
});
const WatchEvent = z.object({ type: z.string(), object: z.unknown() });

/**
 * The objects of one collection as a list and the watch after it tell: what a schema keeps of each. It
 * answers only while the watch has shown a sign of life, and has nothing to say otherwise.
 * @see https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export class WatchedCollection<T> {
  readonly #of: Collection;
  readonly #schema: z.ZodType<T>;
  readonly #with: WatchSurroundings;
  readonly #objects = new KnownObjects<T>();
  readonly #settled = new AbortController();
  readonly #whenSettled = new Promise<void>((resolve) => {
    this.#settled.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  #isOpen = false;
  #version = '';
  #listedMs = 0;
  #heardMs = 0;
  #askedMs: number;
  /** Ends the watch that is under way. */
  #interrupt: (why: Interruption | undefined) => void = () => {};

  constructor(of: Collection, schema: z.ZodType<T>, surroundings: WatchSurroundings) {
    this.#of = of;
    this.#schema = schema;
    this.#with = surroundings;
    this.#askedMs = surroundings.monotonic.nowMs();
  }

  /** Once it is known whether the collection can be followed, or that takes too long. */
  get settled(): Promise<void> {
    return this.#whenSettled;
  }

  /** How an object was no earlier than `sinceMs`; nothing when that is not known. */
  recall(name: string, sinceMs: number): ReadObject<T> | undefined {
    const nowMs = this.#with.monotonic.nowMs();
    this.#askedMs = nowMs;
    if (!this.#isOpen || nowMs - this.#heardMs > this.#with.timing.trustMs) return undefined;
    return this.#objects.recall(name, sinceMs);
  }

  /** Takes in an object that was asked for itself, or is not there. */
  learn(name: string, object: unknown, sentMs: number): void {
    if (!this.#isOpen) return;
    const sighting = object === undefined ? GONE : this.#sightingOf(object).sighting;
    const outcome = this.#objects.read(name, sighting, sentMs, this.#with.monotonic.nowMs());
    if (outcome === 'sound') return;
    this.#isOpen = false;
    this.#interrupt({ kind: 'gone' });
  }

  /** Follows the collection until it is not used any more, or the signal comes. */
  async run(signal: AbortSignal, refused: (why: string) => void): Promise<void> {
    const { monotonic, random, timing } = this.#with;
    const patience = AbortSignal.any([signal, this.#settled.signal]);
    void monotonic.sleep(timing.patienceMs, patience).then(() => this.#settled.abort());
    let failures = 0;
    let refusals = 0;
    while (!signal.aborted) {
      const why = await this.#follow(signal);
      if (this.#hasWorked()) failures = 0;
      this.#isOpen = false;
      this.#settled.abort();
      if (why.kind === 'unused') return;
      refusals = why.kind === 'refused' ? refusals + 1 : 0;
      if (why.kind === 'refused' && refusals === REFUSALS) refused(why.why);
      const pauseMs =
        refusals < REFUSALS
          ? backoffMs(failures, BACKOFF, random)
          : timing.refusedMs * (1 + random.next());
      failures += 1;
      await monotonic.sleep(pauseMs, signal);
    }
  }

  #hasWorked(): boolean {
    return this.#isOpen && this.#with.monotonic.nowMs() - this.#listedMs > WORKED_MS;
  }

  async #follow(signal: AbortSignal): Promise<Interruption> {
    const { monotonic, random, timing } = this.#with;
    const trouble = await this.#list(signal);
    if (trouble !== undefined) return trouble;
    while (!signal.aborted) {
      const openedMs = monotonic.nowMs();
      const end = await this.#watch(signal);
      if (end !== undefined) return end;
      const nowMs = monotonic.nowMs();
      if (nowMs - openedMs < SHORTEST_MS) return { kind: 'weather', why: 'a watch ended at once' };
      await monotonic.sleep(random.next() * RESUME_MS, signal);
      const isOld = nowMs - this.#listedMs > timing.relistMs;
      const whyNot = isOld ? await this.#list(signal) : undefined;
      if (whyNot !== undefined) return whyNot;
    }
    return { kind: 'unused' };
  }

  /** Page by page, as it is now: a list without a version is never older than its request. */
  async #list(signal: AbortSignal): Promise<Interruption | undefined> {
    const { api, monotonic } = this.#with;
    const sentMs = monotonic.nowMs();
    const objects = new Map<string, Sighting<T>>();
    let token = '';
    do {
      const page = new URLSearchParams({ limit: `${PAGE}`, ...(token && { continue: token }) });
      const answer = await api.list(`${folderOf(this.#of)}?${page.toString()}`);
      if (signal.aborted) return { kind: 'unused' };
      if (answer.kind === 'missing') return refusal('the cluster knows no such objects');
      if (answer.kind !== 'found') return troubleOf(answer);
      const list = List.safeParse(answer.object);
      if (!list.success) return { kind: 'weather', why: 'the list cannot be read' };
      for (const item of list.data.items ?? []) {
        const { name, sighting } = this.#sightingOf(item);
        objects.set(name, sighting);
      }
      if (objects.size > OBJECTS_MAX) return refusal(`there are more than ${OBJECTS_MAX}`);
      token = list.data.metadata.continue;
      this.#version = list.data.metadata.resourceVersion;
    } while (token !== '');
    this.#listedMs = sentMs;
    this.#objects.list(objects, sentMs, monotonic.nowMs());
    return undefined;
  }

  /** Nothing when the watch can be taken up again where it ended. */
  async #watch(signal: AbortSignal): Promise<Interruption | undefined> {
    const { api, random, timing } = this.#with;
    const ended = new AbortController();
    let interruption: Interruption | undefined;
    this.#interrupt = (why) => {
      interruption ??= why;
      ended.abort();
    };
    const parameters = new URLSearchParams({
      watch: 'true',
      resourceVersion: this.#version,
      allowWatchBookmarks: 'true',
      timeoutSeconds: `${Math.ceil((timing.lifetimeMs * (1 + random.next())) / 1_000)}`,
    });
    const listener = {
      opened: () => this.#open(),
      event: (event: unknown) => this.#hear(event),
    };
    const either = AbortSignal.any([signal, ended.signal]);
    const watch = api.watch(`${folderOf(this.#of)}?${parameters.toString()}`, listener, either);
    const pulse = this.#feelPulse(either);
    const end = await watch;
    ended.abort();
    await pulse;
    if (signal.aborted) return { kind: 'unused' };
    if (interruption !== undefined || end.kind === 'closed') return interruption;
    return troubleOf(end);
  }

  #open(): void {
    this.#heardMs = this.#with.monotonic.nowMs();
    this.#isOpen = true;
    this.#settled.abort();
  }

  async #feelPulse(signal: AbortSignal): Promise<void> {
    const { monotonic, timing } = this.#with;
    const startedMs = monotonic.nowMs();
    for (;;) {
      const lastMs = Math.max(startedMs, this.#heardMs);
      await monotonic.sleep(lastMs + timing.pulseMs - monotonic.nowMs(), signal);
      if (signal.aborted) return;
      const nowMs = monotonic.nowMs();
      if (nowMs - this.#askedMs > timing.unusedMs) return this.#interrupt({ kind: 'unused' });
      if (nowMs - Math.max(startedMs, this.#heardMs) >= timing.pulseMs) {
        return this.#interrupt(undefined);
      }
    }
  }

  #hear(event: unknown): void {
    const parsed = WatchEvent.safeParse(event);
    if (!parsed.success) return this.#interrupt({ kind: 'gone' });
    const { type, object } = parsed.data;
    const nowMs = this.#with.monotonic.nowMs();
    if (type === 'ERROR') return this.#interrupt(failureOf(object));
    const { name, sighting } = this.#sightingOf(object);
    this.#heardMs = nowMs;
    if (sighting.version !== '') this.#version = sighting.version;
    if (type === 'ADDED' || type === 'MODIFIED') this.#objects.put(name, sighting, nowMs);
    if (type === 'DELETED') this.#objects.remove(name, sighting.version);
    if (this.#objects.size > OBJECTS_MAX) {
      this.#interrupt(refusal(`there are more than ${OBJECTS_MAX}`));
    }
  }

  #sightingOf(object: unknown): { readonly name: string; readonly sighting: Sighting<T> } {
    const metadata = Identified.safeParse(object).data?.metadata;
    const { name = '', resourceVersion: version = '' } = metadata ?? {};
    const answer = parseAs(object, { ...this.#of, name }, this.#schema);
    return { name, sighting: { answer, version } };
  }
}

const GONE = { answer: { state: 'missing' }, version: '' } as const;
