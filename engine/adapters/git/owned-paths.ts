import { assertInvariant, ProblemError } from '../../core/errors.ts';
import type { BareClone } from './bare-clone.ts';
import type { PlannedCommit } from './commit-plan.ts';

/**
 * Compares each commit's tree with its parent's, as Git sees them: they must differ in the draft's
 * own paths and nowhere else. This is asked before anything is pushed, of the commits themselves
 * and not of what was meant to be written.
 *
 * @throws ProblemError where somebody else's file stands in the way of a folder, or the reverse;
 *   InternalError for any other difference
 */
export async function assertOwnedPaths(
  { objects }: BareClone,
  commits: readonly string[],
  planned: readonly PlannedCommit[],
): Promise<void> {
  const changed = await objects.changedPaths(commits);
  for (const [index, commit] of commits.entries()) {
    const owned = new Set(planned[index]?.changes.map(({ path }) => path));
    const paths = changed.get(commit) ?? [];
    for (const path of paths) if (!owned.has(path)) throw inTheWay(path, owned);
    assertInvariant(
      paths.length === owned.size,
      `commit ${commit} changes ${paths.length} of the ${owned.size} paths it should`,
    );
  }
}

/** Writing `a/b` where `a` is a file takes that file away; Git does so without a word. */
function inTheWay(path: string, owned: ReadonlySet<string>): Error {
  const other = [...owned].find((own) => own.startsWith(`${path}/`) || path.startsWith(`${own}/`));
  assertInvariant(other !== undefined, `a commit changes ${path}, which is not its own`);
  return occupied(path, other);
}

export function occupied(path: string, wanted: string): ProblemError {
  return new ProblemError([
    {
      code: 'path-occupied',
      message: `${path} on the delivery branch is in the way of ${wanted}`,
      remedy: `remove ${path} from the delivery branch: Serin takes away nothing it did not write`,
    },
  ]);
}
