import type { Problem } from '../core/errors.ts';
import type { Person } from '../core/person.ts';
import type { Weather } from './delivery-repository.ts';

/** Where people write: plain manifests at a commit of the source branch, or in a folder. */
export interface SourceReader {
  read(): Promise<SourceOutcome>;
  /** Who wrote the commits that a release brings. Absent where nobody is to be named. */
  people?(released: ReleasedCommits): Promise<readonly Person[]>;
}

/** Commits that are in `upTo` and not in `after`, as far as they touch one of the files. */
export interface ReleasedCommits {
  readonly after: string;
  readonly upTo: string;
  readonly files: readonly string[];
}

export type SourceOutcome =
  | { readonly kind: 'read'; readonly snapshot: SourceSnapshot }
  | ({ readonly kind: 'unreachable' } & Weather)
  /** The server lets nobody in with these credentials: a person has to act. */
  | { readonly kind: 'refused'; readonly why: string; readonly remedy: string };

export interface SourceSnapshot {
  /** The source commit, or a digest of the content for a folder that is not in Git. */
  readonly commit: string;
  /** YAML files below the source path, sorted by path. */
  readonly files: readonly SourceFile[];
  /** What looks like a manifest and was not read, each with the reason. */
  readonly unread?: readonly Problem[];
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}
