import { createHash } from 'node:crypto';
import type { CommitDraft } from '../../ports/delivery-repository.ts';

export interface Identity {
  readonly name: string;
  readonly email: string;
}

export interface ImportStream {
  readonly text: string;
  /** Per draft: the mark of its commit, or of the commit before it when it changes nothing. */
  readonly marks: readonly (number | undefined)[];
  readonly blobs: ReadonlyMap<string, string>;
}

/**
 * Writes drafts as a `git fast-import` stream: each commit on top of the one before. Drafts that
 * would not change the tree are left out, so that no commit is ever empty. The stream ends by
 * asking for the ids of its commits: they come back one a line, in the order of the marks.
 * @see https://git-scm.com/docs/git-fast-import
 */
export function importStream(
  drafts: readonly CommitDraft[],
  onto: { readonly commit: string; readonly tree: ReadonlyMap<string, string> } | undefined,
  ref: string,
  identity: Identity,
): ImportStream {
  const tree = new Map(onto?.tree);
  const parts: string[] = ['feature done\n', 'feature get-mark\n'];
  const marks: (number | undefined)[] = [];
  const blobs = new Map<string, string>();
  let last: number | undefined;
  for (const draft of drafts) {
    const changes = draft.changes.filter((change) =>
      change.kind === 'write'
        ? tree.get(change.path) !== blobId(change.text)
        : tree.has(change.path),
    );
    if (changes.length > 0) {
      const parent = last === undefined ? onto?.commit : `:${last}`;
      last = (last ?? 0) + 1;
      parts.push(commitHead(draft, last, ref, identity, parent));
      for (const change of changes) {
        if (change.kind === 'write') {
          const id = blobId(change.text);
          tree.set(change.path, id);
          blobs.set(id, change.text);
          parts.push(`M 100644 inline ${quotedPath(change.path)}\n`, data(change.text));
        } else {
          tree.delete(change.path);
          parts.push(`D ${quotedPath(change.path)}\n`);
        }
      }
    }
    marks.push(last);
  }
  for (let mark = 1; mark <= (last ?? 0); mark += 1) parts.push(`get-mark :${mark}\n`);
  parts.push('done\n');
  return { text: parts.join(''), marks, blobs };
}

function commitHead(
  draft: CommitDraft,
  mark: number,
  ref: string,
  { name, email }: Identity,
  parent: string | undefined,
): string {
  const who = `${name} <${email}> ${Math.floor(draft.atMs / 1000)} +0000\n`;
  const from = parent === undefined ? '' : `from ${parent}\n`;
  const head = `commit ${ref}\nmark :${mark}\nauthor ${who}committer ${who}`;
  return head + data(draft.message) + from;
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}

function quotedPath(path: string): string {
  return `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

/** The id that Git gives a content. */
function blobId(text: string): string {
  return createHash('sha1')
    .update(`blob ${Buffer.byteLength(text)}\0`)
    .update(text)
    .digest('hex');
}
