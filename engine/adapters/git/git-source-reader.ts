import { type Problem, ProblemError } from '../../core/errors.ts';
import { fileTooLarge, notAFile } from '../../core/unread.ts';
import type { SourceFile, SourceOutcome, SourceReader } from '../../ports/source-reader.ts';
import type { BareClone } from './bare-clone.ts';
import type { ModeEntry } from './clone-objects.ts';
import { requireBranchName, requireInnerPath } from './names.ts';
import { peopleOf } from './people.ts';
import { lastWords } from './push-outcome.ts';

export interface GitSourceOptions {
  readonly clone: BareClone;
  readonly branch: string;
  /** Folder of the manifests inside the repository; `.` for its root. */
  readonly path: string;
  /** Whether releases name those who wrote them. */
  readonly namesPeople: boolean;
}

/** Ordinary files only: a symbolic link could lead anywhere, a submodule is another repository. */
const FILE_MODES = new Set(['100644', '100755']);

/** The manifests of a branch at its tip. A file that cannot be read is named; it stops no other. */
export function createGitSourceReader(options: GitSourceOptions): SourceReader {
  const { clone, branch, path, namesPeople } = options;
  requireBranchName(branch);
  const prefix = path === '.' || path === '' ? '' : `${requireInnerPath(path)}/`;
  return {
    ...(namesPeople ? { people: (released) => peopleOf(clone, released) } : {}),
    async read(): Promise<SourceOutcome> {
      const fetched = await clone.fetch([branch]);
      if (fetched.kind !== 'fetched') return fetched;
      const commit = await clone.tip(branch);
      if (commit === undefined) {
        return { kind: 'unreachable', why: `the repository has no branch ${branch}` };
      }
      try {
        const entries = (await clone.objects.tree(commit)).filter(
          (entry) => entry.path.startsWith(prefix) && /\.ya?ml$/.test(entry.path),
        );
        const { files, unread } = await readFiles(clone, entries);
        return { kind: 'read', snapshot: { commit, files, unread } };
      } catch (error) {
        return { kind: 'unreachable', why: lastWords(String(error)) };
      }
    },
  };
}

async function readFiles(
  clone: BareClone,
  entries: readonly ModeEntry[],
): Promise<{ readonly files: readonly SourceFile[]; readonly unread: readonly Problem[] }> {
  const refused = new Map(entries.map((entry) => [entry, refusalOf(entry)]));
  const wanted = entries.filter((entry) => refused.get(entry) === undefined);
  const texts = await clone.objects.read(wanted.map(({ blob }) => blob));
  const files: SourceFile[] = [];
  const unread: Problem[] = [];
  for (const entry of entries) {
    const text = texts.get(entry.blob);
    const problem =
      refused.get(entry) ?? (text === undefined ? fileTooLarge(entry.path) : undefined);
    if (problem !== undefined) unread.push(problem);
    else files.push({ path: entry.path, text: text ?? '' });
  }
  return { files, unread };
}

function refusalOf({ mode, path }: ModeEntry): Problem | undefined {
  const location = { file: path };
  try {
    requireInnerPath(path);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const [problem] = error.problems;
    return problem && { ...problem, location };
  }
  if (FILE_MODES.has(mode)) return undefined;
  return notAFile(path, mode === '120000' ? 'symbolic link' : 'submodule');
}
