import type { CommitDraft, FileChange } from '../../ports/delivery-repository.ts';
import { type Identity, objectId, signatureLine } from './commit-object.ts';

/** Author and committer of every commit. */
export interface Signatories {
  readonly author: Identity;
  readonly committer: Identity;
}

/** What the stream holds for one ref. */
export interface PlannedPart {
  /** The commits in order: commit `n` has the mark `n + 1`. */
  readonly commits: readonly PlannedCommit[];
  /** Per draft: the mark of its commit, or of the commit before it when it changes nothing. */
  readonly marks: readonly (number | undefined)[];
  readonly blobs: ReadonlyMap<string, string>;
}

export interface PlannedCommit {
  readonly draft: CommitDraft;
  /** What its tree has that its parent's has not. */
  readonly changes: readonly FileChange[];
}

/** What the drafts are put on; a path is absent from `files` unless it is an ordinary file. */
export interface Base {
  readonly commit: string;
  /** Blob ids by path; empty for what is no ordinary file. */
  readonly tree: ReadonlyMap<string, string>;
}

/** Drafts that go on top of each other on a ref of their own. */
export interface ImportPart {
  readonly drafts: readonly CommitDraft[];
  readonly onto: Base | undefined;
  readonly ref: string;
}

/**
 * Writes drafts as a `git fast-import` stream for several refs: each commit on top of the one before,
 * each part with marks of its own, counted from 1. Drafts that
 * would not change the tree are left out, so that no commit is ever empty. The stream ends by
 * asking for the ids of its commits and of their trees: they come back two lines a commit, in the
 * order of the marks.
 * @see https://git-scm.com/docs/git-fast-import
 */
export function importStream(
  parts: readonly ImportPart[],
  signatories: Signatories,
): { readonly text: string; readonly parts: readonly PlannedPart[] } {
  const planned: WrittenPart[] = [];
  let marks = 0;
  for (const part of parts) {
    const each = planPart(part, signatories, marks);
    marks += each.commits.length;
    planned.push(each);
  }
  return { text: streamOf(planned), parts: planned };
}

interface WrittenPart extends PlannedPart {
  readonly body: string;
}

function streamOf(parts: readonly WrittenPart[]): string {
  const count = parts.reduce((sum, { commits }) => sum + commits.length, 0);
  const asked = Array.from({ length: count }, (_, at) => `get-mark :${at + 1}\nls :${at + 1} ""\n`);
  const bodies = parts.map(({ body }) => body);
  return ['feature done\nfeature get-mark\nfeature ls\n', ...bodies, ...asked, 'done\n'].join('');
}

/** @param marked marks that parts before this one have taken */
function planPart(
  { drafts, onto, ref }: ImportPart,
  signatories: Signatories,
  marked: number,
): WrittenPart {
  const tree = new Map(onto?.tree);
  const parts: string[] = [];
  const commits: PlannedCommit[] = [];
  const marks: (number | undefined)[] = [];
  const blobs = new Map<string, string>();
  for (const draft of drafts) {
    const changes = draft.changes.filter((change) =>
      change.kind === 'write'
        ? tree.get(change.path) !== objectId('blob', change.text)
        : tree.has(change.path),
    );
    if (changes.length > 0) {
      const parent = commits.length === 0 ? onto?.commit : `:${marked + commits.length}`;
      commits.push({ draft, changes });
      parts.push(commitHead(draft, marked + commits.length, ref, signatories, parent));
      for (const change of changes) {
        if (change.kind === 'write') {
          const id = objectId('blob', change.text);
          tree.set(change.path, id);
          blobs.set(id, change.text);
          parts.push(`M 100644 inline ${quotedPath(change.path)}\n`, data(change.text));
        } else {
          tree.delete(change.path);
          parts.push(`D ${quotedPath(change.path)}\n`);
        }
      }
    }
    marks.push(commits.length === 0 ? undefined : commits.length);
  }
  return { body: parts.join(''), commits, marks, blobs };
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
