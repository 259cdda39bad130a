import { createHash } from 'node:crypto';
import { type Layer, layerOf } from '../../constructs/delivery-layers.ts';
import type {
  CommitDraft,
  DeliveryCommit,
  DeliveryRepository,
  FolderItem,
  PublishOutcome,
  TreeEntry,
} from '../../engine/ports/delivery-repository.ts';
import { parseTrailers } from '../support/trailers.ts';
import type { Dice } from './random.ts';

export interface SimulatedCommit {
  readonly id: string;
  readonly parent: SimulatedCommit | undefined;
  readonly files: ReadonlyMap<string, string>;
  readonly message: string;
  readonly atMs: number;
  /** Written by a person, not by the engine. */
  readonly foreign: boolean;
}

/** The engine process dies here. */
export class SimulatedCrash extends Error {}

/**
 * The remote and the clone in one, in memory. It races, stalls, refuses, answers too late and
 * kills the engine before or after a push, as the dice say.
 */
export class SimulatedRepository implements DeliveryRepository {
  readonly commits: SimulatedCommit[] = [];
  faults = true;
  /** Pushes that its server takes in a minute; it says when the next one is welcome. */
  limit: number | undefined;
  /** Pushes that were one too many. */
  refused = 0;
  /** Requests of any kind that came before they were welcome again. */
  wasted = 0;
  #takenMs: readonly number[] = [];
  #closedUntilMs = -Infinity;
  readonly #byId = new Map<string, SimulatedCommit>();
  readonly #dice: Dice;
  readonly #nowMs: () => number;
  readonly #elapsedMs: () => number;

  /** `elapsedMs` is the server's own time, which nobody sets. */
  constructor(dice: Dice, nowMs: () => number, elapsedMs = nowMs) {
    this.#dice = dice;
    this.#nowMs = nowMs;
    this.#elapsedMs = elapsedMs;
  }

  get tip(): SimulatedCommit | undefined {
    return this.commits.at(-1);
  }

  find(id: string): SimulatedCommit | undefined {
    return this.#byId.get(id);
  }

  refresh(): ReturnType<DeliveryRepository['refresh']> {
    const closed = this.#closed();
    if (closed !== undefined) return Promise.resolve({ ...closed, kind: 'unreachable' });
    if (this.#happens(0.03)) return Promise.resolve({ kind: 'unreachable', why: 'simulated' });
    return Promise.resolve({ kind: 'fresh', tip: this.tip?.id });
  }

  list(commit: string, folder: string): Promise<readonly TreeEntry[]> {
    const { files } = this.#required(commit);
    const entries = [...files].filter(([path]) => path.startsWith(`${folder}/`));
    return Promise.resolve(entries.map(([path, text]) => ({ path, blob: text })));
  }

  items(commit: string, folder: string): Promise<readonly FolderItem[]> {
    const found = new Map<string, FolderItem>();
    const files = this.#required(commit).files;
    for (const [path, text] of files) {
      if (!path.startsWith(`${folder}/`)) continue;
      const [name = '', ...rest] = path.slice(folder.length + 1).split('/');
      const known = found.get(name);
      const isFolder = rest.length > 0;
      const id = isFolder ? `${known?.id ?? ''}\n${rest.join('/')}\n${text}` : text;
      found.set(name, { name, id, isFolder });
    }
    return Promise.resolve([...found.values()]);
  }

  read(blobs: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(new Map(blobs.map((text) => [text, text])));
  }

  containment(
    commit: string,
    revision: string,
    folder: string,
    layer: Layer,
  ): Promise<'contained' | 'behind'> {
    const synced = this.find(revision);
    if (synced === undefined) return Promise.resolve('behind');
    const same =
      folderText(synced, folder, layer) === folderText(this.#required(commit), folder, layer);
    return Promise.resolve(same ? 'contained' : 'behind');
  }

  publish(drafts: readonly CommitDraft[], onto: string | undefined): Promise<PublishOutcome> {
    const closed = this.#closed() ?? this.#tooMany();
    if (closed !== undefined) return Promise.resolve({ ...closed, kind: 'deferred' });
    if (this.#happens(0.02)) throw new SimulatedCrash('before the push');
    if (this.#happens(0.03)) return Promise.resolve({ kind: 'unreachable', why: 'simulated' });
    if (this.#happens(0.01)) {
      return Promise.resolve({ kind: 'rejected', why: 'simulated hook', remedy: 'none' });
    }
    if (this.#happens(0.05)) this.humanCommit();
    if (onto !== this.tip?.id) return Promise.resolve({ kind: 'stale', why: 'simulated race' });
    const commits = drafts.map((draft) => this.#append(draft).id);
    if (this.#happens(0.02)) throw new SimulatedCrash('after the push');
    if (this.#happens(0.02)) return Promise.resolve({ kind: 'unknown', why: 'connection cut' });
    return Promise.resolve({ kind: 'pushed', commits });
  }

  history({
    paths = [],
    limit = 100,
    after,
  }: Parameters<DeliveryRepository['history']>[0]): Promise<readonly DeliveryCommit[]> {
    const held = this.commits.findIndex(({ id }) => id === after);
    const touching = this.commits
      .slice(held + 1)
      .toReversed()
      .filter((commit) => paths.length === 0 || paths.some((path) => touches(commit, path)));
    return Promise.resolve(
      touching.slice(0, limit).map((commit) => ({
        commit: commit.id,
        parents: commit.parent === undefined ? [] : [commit.parent.id],
        author: commit.foreign ? 'a person' : 'Serin',
        atMs: commit.atMs,
        subject: commit.message.split('\n', 1)[0] ?? '',
        body: commit.message,
        trailers: parseTrailers(commit.message),
      })),
    );
  }

  /** Somebody commits a file of their own to the delivery branch. */
  humanCommit(): void {
    this.commitByHand(`notes/${this.#dice.int(1, 3)}.md`, `note ${this.commits.length}\n`);
  }

  /** A commit that is not the engine's. */
  commitByHand(path: string, text: string): void {
    const changes = [{ kind: 'write', path, text } as const];
    this.#append({ message: 'by hand\n', changes, atMs: this.#nowMs() }, true);
  }

  #closed(): { readonly why: string; readonly retryAfterMs: number } | undefined {
    const retryAfterMs = this.#closedUntilMs - this.#elapsedMs();
    if (retryAfterMs <= 0) return undefined;
    this.wasted += 1;
    return { why: 'simulated 429', retryAfterMs };
  }

  #tooMany(): { readonly why: string; readonly retryAfterMs: number } | undefined {
    const elapsedMs = this.#elapsedMs();
    this.#takenMs = [...this.#takenMs.filter((atMs) => atMs > elapsedMs - 60_000), elapsedMs];
    if (this.limit === undefined || this.#takenMs.length <= this.limit) return undefined;
    this.refused += 1;
    this.#takenMs = this.#takenMs.slice(0, -1);
    const retryAfterMs = (this.#takenMs[0] ?? elapsedMs) + 60_000 - elapsedMs;
    this.#closedUntilMs = elapsedMs + retryAfterMs;
    return { why: 'simulated 429', retryAfterMs };
  }

  #append(draft: CommitDraft, foreign = false): SimulatedCommit {
    const parent = this.tip;
    const files = new Map(parent?.files);
    for (const change of draft.changes) {
      if (change.kind === 'write') files.set(change.path, change.text);
      else files.delete(change.path);
    }
    const id = createHash('sha1')
      .update(`${parent?.id}\n${draft.atMs}\n${draft.message}\n${JSON.stringify([...files])}`)
      .digest('hex');
    const commit = { id, parent, files, message: draft.message, atMs: draft.atMs, foreign };
    this.commits.push(commit);
    this.#byId.set(id, commit);
    return commit;
  }

  #happens(probability: number): boolean {
    return this.#dice.chance(probability) && this.faults;
  }

  #required(id: string): SimulatedCommit {
    const commit = this.find(id);
    if (commit === undefined) throw new Error(`no commit ${id}`);
    return commit;
  }
}

export function folderText(
  commit: SimulatedCommit | undefined,
  folder: string,
  layer?: Layer,
): string {
  const files = [...(commit?.files ?? [])].filter(
    ([path]) => path.startsWith(`${folder}/`) && (layer === undefined || layerOf(path) === layer),
  );
  return JSON.stringify(files.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

export function touches(commit: SimulatedCommit, folder: string): boolean {
  return folderText(commit, folder) !== folderText(commit.parent, folder);
}
