import type { FileChange } from '../core/file-change.ts';
import { othersTwin } from '../core/paths.ts';
import type { Files } from './changeset.ts';

/** Whether a change adds an object to a canary's workloads, or takes one away from them. */
export function movesObjects(changes: readonly FileChange[], before: Files): boolean {
  return changes.some(
    ({ kind, path }) => othersTwin(path) !== undefined && (kind === 'delete' || !before.has(path)),
  );
}

/**
 * An object stands in one place of the branch. What a commit adds to a canary's workloads leaves the
 * folder of those that belong to no canary, and what it takes away while the source holds it still
 * goes there: in the same commit, so that no agent ever finds it twice, or prunes it in between.
 *
 * @param carried what stands in that folder now, by path
 * @param wanted what the source wants there, by path
 */
export function withMoves(
  changes: readonly FileChange[],
  carried: ReadonlySet<string>,
  wanted: Files,
): readonly FileChange[] {
  const moves = changes.flatMap((change): readonly FileChange[] => {
    const path = othersTwin(change.path);
    if (path === undefined) return [];
    if (change.kind === 'write') return carried.has(path) ? [{ kind: 'delete', path }] : [];
    const text = wanted.get(path);
    return text === undefined ? [] : [{ kind: 'write', path, text }];
  });
  return [...changes, ...moves].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
