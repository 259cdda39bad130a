import type { CommitDraft, FileChange } from '../../ports/delivery-repository.ts';
import { objectId } from './commit-object.ts';

/** The commits that drafts become, each on top of the one before. */
export interface CommitPlan {
  /** In their order. */
  readonly commits: readonly PlannedCommit[];
  /** Per draft: the number of its commit from 1 on, or of the commit before it when it changes nothing. */
  readonly marks: readonly (number | undefined)[];
  /** Contents by id. */
  readonly blobs: ReadonlyMap<string, string>;
}

export interface PlannedCommit {
  readonly draft: CommitDraft;
  /** What its tree has that its parent's has not. */
  readonly changes: readonly FileChange[];
}

/**
 * Drafts that would not change the tree are left out, so that no commit is ever empty.
 *
 * @param standing blob ids by path, where the drafts write; empty for what is no ordinary file
 */
export function planCommits(
  drafts: readonly CommitDraft[],
  standing: ReadonlyMap<string, string>,
): CommitPlan {
  const tree = new Map(standing);
  const commits: PlannedCommit[] = [];
  const marks: (number | undefined)[] = [];
  const blobs = new Map<string, string>();
  for (const draft of drafts) {
    const changes: FileChange[] = [];
    for (const change of draft.changes) {
      if (change.kind === 'delete') {
        if (tree.delete(change.path)) changes.push(change);
        continue;
      }
      const id = objectId('blob', change.text);
      if (tree.get(change.path) === id) continue;
      tree.set(change.path, id);
      blobs.set(id, change.text);
      changes.push(change);
    }
    if (changes.length > 0) commits.push({ draft, changes });
    marks.push(commits.length === 0 ? undefined : commits.length);
  }
  return { commits, marks, blobs };
}
