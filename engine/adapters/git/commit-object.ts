import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';

export interface Identity {
  readonly name: string;
  readonly email: string;
}

export interface CommitFields {
  readonly tree: string;
  readonly parent: string | undefined;
  readonly author: Identity;
  readonly committer: Identity;
  readonly atMs: number;
  readonly message: string;
}

/** `NAME <EMAIL> SECONDS +0000`, as both Git's commits and `git fast-import` write it. */
export function signatureLine({ name, email }: Identity, atMs: number): string {
  return `${name} <${email}> ${Math.floor(atMs / 1000)} +0000`;
}

/**
 * A commit as Git stores it. A signature is over the object without it, and stands in a header of
 * its own, with its lines indented.
 * @see https://git-scm.com/docs/gitformat-signature
 */
export function commitObject(fields: CommitFields, signature?: string): Buffer {
  const { tree, parent, author, committer, atMs, message } = fields;
  const headers = [
    `tree ${tree}`,
    ...(parent === undefined ? [] : [`parent ${parent}`]),
    `author ${signatureLine(author, atMs)}`,
    `committer ${signatureLine(committer, atMs)}`,
    ...(signature === undefined ? [] : [`gpgsig ${signature.replaceAll('\n', '\n ')}`]),
  ];
  return Buffer.from(`${headers.join('\n')}\n\n${message}`);
}

/** The id that Git gives an object. */
export function objectId(type: 'blob' | 'tree' | 'commit', content: Buffer | string): string {
  const length = Buffer.byteLength(content);
  return createHash('sha1').update(`${type} ${length}\0`).update(content).digest('hex');
}

const COMMIT_TYPE = 1;

/**
 * Commits as a pack, the one form in which Git takes many objects at once.
 * @see https://git-scm.com/docs/gitformat-pack
 */
export function packOfCommits(commits: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(12);
  head.write('PACK');
  head.writeUInt32BE(2, 4);
  head.writeUInt32BE(commits.length, 8);
  const entries = commits.flatMap((commit) => [entryHead(commit.length), deflateSync(commit)]);
  const body = Buffer.concat([head, ...entries]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

/** Type and size, four bits of the size first and then seven in each byte. */
function entryHead(size: number): Buffer {
  const bytes = [(COMMIT_TYPE << 4) | (size & 0b1111)];
  for (let rest = size >>> 4; rest > 0; rest >>>= 7) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
    bytes.push(rest & 0x7f);
  }
  return Buffer.from(bytes);
}
