import type { SourceOutcome, SourceReader } from '../../ports/source-reader.ts';
import type { BareClone } from './bare-clone.ts';
import { lastWords } from './push-outcome.ts';
import { requireBranchName, requireInnerPath } from './names.ts';

export interface GitSourceOptions {
  readonly clone: BareClone;
  readonly branch: string;
  /** Folder of the manifests inside the repository; `.` for its root. */
  readonly path: string;
}

/** Ordinary files only: a symbolic link could lead anywhere, a submodule is another repository. */
const FILE_MODES = new Set(['100644', '100755']);

/** The manifests of a branch at its tip. */
export function createGitSourceReader({ clone, branch, path }: GitSourceOptions): SourceReader {
  requireBranchName(branch);
  const prefix = path === '.' || path === '' ? '' : `${requireInnerPath(path)}/`;
  return {
    async read(): Promise<SourceOutcome> {
      const fetched = await clone.fetch([branch]);
      if (fetched.kind !== 'fetched') return fetched;
      const commit = await clone.tip(branch);
      if (commit === undefined) {
        return { kind: 'unreachable', why: `the repository has no branch ${branch}` };
      }
      try {
        const entries = (await clone.tree(commit)).filter(
          (entry) =>
            FILE_MODES.has(entry.mode) &&
            entry.path.startsWith(prefix) &&
            /\.ya?ml$/.test(entry.path),
        );
        const texts = await clone.read(entries.map(({ blob }) => blob));
        const files = entries.map((entry) => ({
          path: entry.path,
          text: texts.get(entry.blob) ?? '',
        }));
        return { kind: 'read', snapshot: { commit, files } };
      } catch (error) {
        return { kind: 'unreachable', why: lastWords(String(error)) };
      }
    },
  };
}
