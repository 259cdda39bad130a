import type { Layer } from '../../constructs/delivery-layers.ts';
import type { FileChange } from '../core/file-change.ts';

export type { FileChange };

/**
 * The delivery branch: read at a commit, write many commits, push once. A push is a
 * compare-and-swap on the tip that was read; it is never forced.
 */
export interface DeliveryRepository {
  /** Brings the local clone up to date. */
  refresh(): Promise<RefreshOutcome>;
  /** Every file below a folder at a commit, without its content. */
  list(commit: string, folder: string): Promise<readonly TreeEntry[]>;
  /** What stands in a folder at a commit: equal content has equal ids, of folders as of files. */
  items(commit: string, folder: string): Promise<readonly FolderItem[]>;
  /** Contents by blob id, in one round trip. */
  read(blobs: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /**
   * Whether what a folder holds of a layer is at `revision` as it is at `commit`, for a revision of
   * this branch. A revision that is not an ancestor of the commit (or unknown) is `behind`.
   */
  containment(
    commit: string,
    revision: string,
    folder: string,
    layer: Layer,
  ): Promise<'contained' | 'behind'>;
  /** One commit per draft, in order, on top of `onto` (absent: a new branch), in one push. */
  publish(drafts: readonly CommitDraft[], onto: string | undefined): Promise<PublishOutcome>;
  /** The newest commits first, with their trailers. */
  history(query: HistoryQuery): Promise<readonly DeliveryCommit[]>;
}

export type RefreshOutcome =
  | { readonly kind: 'fresh'; readonly tip: string | undefined }
  | ({ readonly kind: 'unreachable' } & Weather)
  /** The server lets nobody in with these credentials: a person has to act. */
  | { readonly kind: 'refused'; readonly why: string; readonly remedy: string };

/** Trouble that time mends. */
export interface Weather {
  readonly why: string;
  /** How long the server asks to be left alone, where it says so. */
  readonly retryAfterMs?: number;
}

export interface TreeEntry {
  readonly path: string;
  readonly blob: string;
}

export interface FolderItem {
  readonly name: string;
  readonly id: string;
  readonly isFolder: boolean;
}

export interface CommitDraft {
  readonly message: string;
  readonly changes: readonly FileChange[];
  /** Author and committer date. */
  readonly atMs: number;
}

export type PublishOutcome =
  /** The commits are on the branch, ids in the order of the drafts. */
  | { readonly kind: 'pushed'; readonly commits: readonly string[] }
  /** Nothing in the tree would change: nothing was committed. */
  | { readonly kind: 'unchanged' }
  /** Somebody else moved the branch: read again, decide again. */
  | { readonly kind: 'stale'; readonly why: string }
  /** The server, or the engine's own disk or key, will say no again: a person has to act. */
  | { readonly kind: 'rejected'; readonly why: string; readonly remedy: string }
  /** Certainly not pushed: the server wants fewer requests. */
  | ({ readonly kind: 'deferred' } & Weather)
  /** Certainly not pushed: the server could not be reached, or had trouble of its own. */
  | ({ readonly kind: 'unreachable' } & Weather)
  /** The connection broke and asking the remote failed too; the next refresh tells. */
  | ({ readonly kind: 'unknown' } & Weather);

export interface HistoryQuery {
  /** Start at this commit (default: the tip of the last refresh). */
  readonly from?: string;
  /** Only commits that this one does not hold already. */
  readonly after?: string;
  /** Only commits that touch these paths. */
  readonly paths?: readonly string[];
  readonly limit?: number;
  /** Only commits that were made then or later. */
  readonly sinceMs?: number;
}

export interface DeliveryCommit {
  readonly commit: string;
  readonly parents: readonly string[];
  /** Name of the person who wrote it. */
  readonly author: string;
  readonly atMs: number;
  readonly subject: string;
  readonly body: string;
  /** In order; a key can stand more than once. */
  readonly trailers: readonly { readonly key: string; readonly value: string }[];
}
