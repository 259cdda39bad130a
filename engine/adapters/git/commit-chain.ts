import { commitObject, objectId } from './commit-object.ts';
import type { PlannedCommit } from './commit-plan.ts';
import type { Signatories } from './fast-import.ts';
import type { NewObject } from './loose-objects.ts';
import type { SigningKey } from './signing/open-signer.ts';

export interface CommitChain extends Signatories {
  readonly planned: readonly PlannedCommit[];
  /** The commit below them. */
  readonly onto: string | undefined;
  /** The files of each commit, by the order of the plan; asked for one after the other. */
  readonly treeOf: (commit: PlannedCommit, index: number) => Promise<string> | string;
  /** Absent: they are not signed. */
  readonly signing?: SigningKey | undefined;
}

/** Commits as Git stores them. Each holds the id of the one before: they are signed one by one. */
export async function commitChain(chain: CommitChain): Promise<readonly NewObject[]> {
  const { author, committer, planned, onto, treeOf, signing } = chain;
  const signer = await signing?.open();
  const commits: NewObject[] = [];
  for (const [index, commit] of planned.entries()) {
    const tree = await treeOf(commit, index);
    const { message, atMs } = commit.draft;
    const parent = commits.at(-1)?.id ?? onto;
    const fields = { author, committer, tree, parent, atMs, message };
    const signature = await signer?.sign(commitObject(fields), atMs);
    const content = commitObject(fields, signature);
    commits.push({ id: objectId('commit', content), type: 'commit', content });
  }
  return commits;
}
