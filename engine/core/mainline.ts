/** A commit as it hangs together with others. */
export interface LinkedCommit {
  readonly commit: string;
  readonly parents: readonly string[];
}

/** One state of a branch and the one that it followed. */
export interface BranchStep<C extends LinkedCommit> {
  readonly commit: C;
  readonly parent: string;
}

/**
 * The states that a branch went through, oldest first, from commits that are listed newest first. Of
 * the parents of a merge the branch went by the one that holds the newest of the engine's commits:
 * whoever pulls before pushing makes their own line the first parent, and the branch the second.
 *
 * @param known a commit that the branch is known to have gone through, and that is not listed
 */
export function mainline<C extends LinkedCommit>(
  commits: readonly C[],
  isEngines: (commit: C) => boolean,
  known?: string,
): readonly BranchStep<C>[] {
  const byId = new Map(commits.map((each) => [each.commit, each]));
  const newest = new Map<string, number>(known === undefined ? [] : [[known, commits.length]]);
  const rankOf = (id: string) => newest.get(id) ?? -1;
  for (const [at, each] of commits.toReversed().entries()) {
    newest.set(each.commit, isEngines(each) ? at : Math.max(-1, ...each.parents.map(rankOf)));
  }
  const steps: BranchStep<C>[] = [];
  for (let commit = commits[0]; commit !== undefined;) {
    const parent = commit.parents.toSorted((a, b) => rankOf(b) - rankOf(a))[0];
    if (parent === undefined) break;
    steps.push({ commit, parent });
    commit = parent === known ? undefined : byId.get(parent);
  }
  return steps.toReversed();
}
