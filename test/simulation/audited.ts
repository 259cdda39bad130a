import type { AuditedCommit, BranchHistory } from '../../engine/ports/branch-history.ts';
import type { SimulatedCommit } from './simulated-repository.ts';

/** A simulated branch as verification reads one; contents stand for their own ids. */
export function simulatedHistory(commits: readonly SimulatedCommit[]): BranchHistory {
  return {
    async *commits() {
      yield await Promise.resolve(commits.map(audited));
    },
  };
}

function audited({ id, parent, files, message, atMs, foreign }: SimulatedCommit): AuditedCommit {
  const paths = new Set([...files.keys(), ...(parent?.files.keys() ?? [])]);
  const changed = [...paths].filter((path) => files.get(path) !== parent?.files.get(path));
  return {
    commit: id,
    parents: parent === undefined ? [] : [parent.id],
    author: foreign ? 'a person' : 'Serin',
    committedMs: Math.floor(atMs / 1_000) * 1_000,
    message,
    changes: changed.map((path) => ({
      path,
      before: parent?.files.get(path),
      after: files.get(path),
      mode: '100644',
    })),
    signature: 'unchecked',
  };
}
