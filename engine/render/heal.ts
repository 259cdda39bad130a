import type { CanaryKey } from '../../constructs/canary-spec.ts';
import type { EditedFile, Edits } from '../core/edits.ts';
import { assertInvariant } from '../core/errors.ts';
import type { FileChange } from '../core/file-change.ts';
import { shorten } from './message.ts';
import { formatTrailers, oneLine } from './trailers.ts';

/** What its commits say they decide. */
export const HEAL = 'heal';

/** Puts every edited file back as the engine has left it; `texts` by id. */
export function healChanges(
  edits: Edits,
  texts: ReadonlyMap<string, string>,
): readonly FileChange[] {
  return sorted(edits).map(({ path, left }): FileChange => {
    if (left === undefined) return { kind: 'delete', path };
    const text = texts.get(left);
    assertInvariant(text !== undefined, `what was left at ${path} cannot be read`);
    return { kind: 'write', path, text };
  });
}

/** What was put back, and whose commits were undone by that. */
export function healMessage(canary: CanaryKey, edits: Edits): string {
  const [namespace = '', name = ''] = canary.split('/');
  const files = sorted(edits);
  const [first] = files;
  const what = files.length === 1 ? (first?.path ?? '') : `${files.length} files`;
  const commits = unique(files.map(({ commit }) => commit));
  const authors = unique(files.map(({ author }) => oneLine(author)));
  const ids = commits.map((commit) => commit.slice(0, ID_LENGTH)).join(', ');
  const subject = `${name}.${namespace}: heal ${what} (edited in ${ids} by ${authors.join(', ')})`;
  const trailers = formatTrailers([
    { key: 'Canary', value: canary },
    { key: 'Decision', value: HEAL },
    ...commits.map((commit) => ({ key: 'Heals', value: commit })),
  ]);
  return `${shorten(subject)}\n\n${files.map(editLine).join('\n')}\n\n${trailers}\n`;
}

const ID_LENGTH = 12;

function editLine({ path, commit, author }: EditedFile): string {
  return oneLine(`${path}: edited in ${commit.slice(0, ID_LENGTH)} by ${author}`);
}

function sorted(edits: Edits): readonly EditedFile[] {
  return [...edits.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}
