import type { CommitDraft } from '../../ports/delivery-repository.ts';
import { type Identity, signatureLine } from './commit-object.ts';
import type { CommitPlan } from './commit-plan.ts';

/** Author and committer of every commit. */
export interface Signatories {
  readonly author: Identity;
  readonly committer: Identity;
}

/** Commits that go on top of each other on a ref of their own. */
export interface ImportPart {
  readonly plan: CommitPlan;
  /** The commit below them. */
  readonly onto: string | undefined;
  readonly ref: string;
}

/**
 * Writes planned commits as a `git fast-import` stream for several refs: each commit on top of the one
 * before. The stream ends by asking for the ids of its commits and of their trees: they come back two
 * lines a commit, in the order of the parts.
 * @see https://git-scm.com/docs/git-fast-import
 */
export function importStream(parts: readonly ImportPart[], signatories: Signatories): string {
  let marked = 0;
  const bodies = parts.map((part) => {
    const body = bodyOf(part, signatories, marked);
    marked += part.plan.commits.length;
    return body;
  });
  const asked = Array.from(
    { length: marked },
    (_, at) => `get-mark :${at + 1}\nls :${at + 1} ""\n`,
  );
  return ['feature done\nfeature get-mark\nfeature ls\n', ...bodies, ...asked, 'done\n'].join('');
}

/** @param marked marks that parts before this one have taken */
function bodyOf(
  { plan: { commits }, onto, ref }: ImportPart,
  signatories: Signatories,
  marked: number,
): string {
  const parts: string[] = [];
  for (const [index, { draft, changes }] of commits.entries()) {
    const mark = marked + index + 1;
    parts.push(commitHead(draft, mark, ref, signatories, index === 0 ? onto : `:${mark - 1}`));
    for (const change of changes) {
      const path = quotedPath(change.path);
      if (change.kind === 'delete') parts.push(`D ${path}\n`);
      else parts.push(`M 100644 inline ${path}\n`, data(change.text));
    }
  }
  return parts.join('');
}

export interface ImportedCommit {
  readonly commit: string;
  readonly tree: string;
}

/** Reads the answer to an import stream. A tree without files has no line of its own. */
export function parseImported(output: string): readonly ImportedCommit[] {
  const lines = output.split('\n');
  return lines.flatMap((line, index) => {
    if (!/^[0-9a-f]{40,}$/.test(line)) return [];
    const tree = /^040000 tree ([0-9a-f]+)\t/.exec(lines[index + 1] ?? '')?.[1];
    return [{ commit: line, tree: tree ?? EMPTY_TREE }];
  });
}

const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

function commitHead(
  draft: CommitDraft,
  mark: number,
  ref: string,
  { author, committer }: Signatories,
  parent: string | undefined,
): string {
  const from = parent === undefined ? '' : `from ${parent}\n`;
  const head =
    `commit ${ref}\nmark :${mark}\n` +
    `author ${signatureLine(author, draft.atMs)}\n` +
    `committer ${signatureLine(committer, draft.atMs)}\n`;
  return head + data(draft.message) + from;
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}

function quotedPath(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
