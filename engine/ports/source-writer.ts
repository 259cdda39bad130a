import type { CommitDraft, PublishOutcome, Weather } from './delivery-repository.ts';
import type { ReleasedCommits, SourceFile } from './source-reader.ts';

/** The one thing that is ever written where people write: a release that was rejected, taken back. */
export interface SourceWriter {
  /** What the newest commit of the source would be without a release. */
  without(release: ReleasedCommits): Promise<WithoutRelease>;
  /** A commit on the source branch, if `onto` is still its tip. */
  commit(draft: CommitDraft, onto: string): Promise<PublishOutcome>;
  /** The same commit on a branch of its own, for people to look at; never onto an existing one. */
  propose(branch: string, draft: CommitDraft, onto: string): Promise<ProposeOutcome>;
}

export type ProposeOutcome = PublishOutcome | { readonly kind: 'exists' };

export type WithoutRelease =
  | {
      readonly kind: 'found';
      /** The tip of the source branch. */
      readonly onto: string;
      /** The commits of the release, newest first. */
      readonly commits: readonly string[];
      /** The release's files that change. */
      readonly files: readonly SourceFile[];
      /**
       * What was changed since has its place in them. Otherwise they are as they were before the
       * release, and somebody has to look.
       */
      readonly isClean: boolean;
    }
  /** There is nothing to take back, or no way to find it. */
  | { readonly kind: 'nothing'; readonly why: string }
  | ({ readonly kind: 'unreachable' } & Weather)
  | { readonly kind: 'refused'; readonly why: string; readonly remedy: string };
