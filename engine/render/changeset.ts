import type { FileChange } from '../core/file-change.ts';

export type Files = ReadonlyMap<string, string>;

/** The smallest set of writes and deletions that turns `before` into `after`, sorted by path. */
export function changeset(before: Files, after: Files): readonly FileChange[] {
  const changes: FileChange[] = [];
  for (const [path, text] of after) {
    if (before.get(path) !== text) changes.push({ kind: 'write', path, text });
  }
  for (const path of before.keys()) {
    if (!after.has(path)) changes.push({ kind: 'delete', path });
  }
  return changes.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** The files after a set of changes. */
export function applyChanges(files: Files, changes: readonly FileChange[]): Files {
  const after = new Map(files);
  for (const change of changes) {
    if (change.kind === 'write') after.set(change.path, change.text);
    else after.delete(change.path);
  }
  return after;
}
