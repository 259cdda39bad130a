import type {
  AuditedChange,
  AuditedCommit,
  BranchHistory,
  Signature,
} from '../../ports/branch-history.ts';
import type { BareClone } from './bare-clone.ts';
import { requireBranchName } from './names.ts';
import { lastWords } from './push-outcome.ts';

export interface BranchHistoryOptions {
  readonly clone: BareClone;
  readonly branch: string;
  /** Have Git check each signature; `gpg.ssh.allowedSignersFile` and the keyring say whom to trust. */
  readonly signatures: boolean;
}

/** Commits read at a time: bounds memory on a long history. */
const PORTION = 1_000;

/**
 * Reads commit objects and tree differences as Git stores them, each with its length or ended by a
 * NUL: nothing that somebody writes into a message or a path can pass for something else.
 */
export function createBranchHistory(options: BranchHistoryOptions): BranchHistory {
  const ref = `refs/heads/${requireBranchName(options.branch)}`;
  return {
    async *commits() {
      const listed = await options.clone.git.run(['rev-list', '--first-parent', '--reverse', ref]);
      const ids = listed.split('\n').filter((id) => id !== '');
      for (let from = 0; from < ids.length; from += PORTION) {
        yield await readCommits(options, ids.slice(from, from + PORTION));
      }
    },
  };
}

async function readCommits(
  { clone, signatures }: BranchHistoryOptions,
  ids: readonly string[],
): Promise<readonly AuditedCommit[]> {
  const ask = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await clone.git.pipe([...args], `${ids.join('\n')}\n`);
    if (code !== 0) throw new Error(`git ${args[0]} failed: ${lastWords(stderr)}`);
    return stdout;
  };
  const objects = parseObjects(await ask('cat-file', '--batch'));
  const changes = parseDifferences(
    await ask('diff-tree', '--stdin', '-r', '-z', '--root', '--no-renames', '-m', '--first-parent'),
  );
  const letters = signatures
    ? (await ask('log', '--no-walk=unsorted', '--stdin', '--format=%H %G?')).toString('utf8')
    : '';
  const signed = new Map(letters.split('\n').map((line) => [line.slice(0, -2), line.slice(-1)]));
  return ids.map((commit) => ({
    commit,
    ...parseCommit(objects.get(commit) ?? ''),
    changes: changes.get(commit) ?? [],
    signature: signatures ? signatureOf(signed.get(commit)) : 'unchecked',
  }));
}

/** `<id> commit <size>`, a line break, the object, a line break; and so on. */
function parseObjects(output: Buffer): ReadonlyMap<string, string> {
  const objects = new Map<string, string>();
  for (let offset = 0; offset < output.length;) {
    const lineEnd = output.indexOf(0x0a, offset);
    const [id = '', , size] = output.toString('utf8', offset, lineEnd).split(' ');
    const start = lineEnd + 1;
    offset = start + Number(size) + 1;
    objects.set(id, output.toString('utf8', start, offset - 1));
  }
  return objects;
}

function parseCommit(
  object: string,
): Pick<AuditedCommit, 'parents' | 'author' | 'committedMs' | 'message'> {
  const headEnd = object.indexOf('\n\n');
  const head = object.slice(0, headEnd).split('\n');
  const values = (key: string) =>
    head.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
  const [author = ''] = values('author');
  const [committer = ''] = values('committer');
  return {
    parents: values('parent'),
    author: author.replace(/ \d+ [+-]\d+$/, ''),
    committedMs: Number(/ (\d+) [+-]\d+$/.exec(committer)?.[1]) * 1_000,
    message: object.slice(headEnd + 2),
  };
}

/** A commit's id, then `:100644 100644 <before> <after> M` and the path, each ended by a NUL. */
function parseDifferences(output: Buffer): ReadonlyMap<string, readonly AuditedChange[]> {
  const parts = output.toString('utf8').split('\0');
  const changes = new Map<string, AuditedChange[]>();
  let own: AuditedChange[] = [];
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at] ?? '';
    const match = /^:\d+ (\d+) ([0-9a-f]+) ([0-9a-f]+) [A-Z]/.exec(part);
    if (match === null) {
      own = [];
      if (part !== '') changes.set(part.trim(), own);
      continue;
    }
    const [, mode = '', before = '', after = ''] = match;
    at += 1;
    own.push({ path: parts[at] ?? '', before: blob(before), after: blob(after), mode });
  }
  return changes;
}

function blob(id: string): string | undefined {
  return /^0+$/.test(id) ? undefined : id;
}

/** @see https://git-scm.com/docs/git-log#Documentation/git-log.txt-emGem */
function signatureOf(letter: string | undefined): Signature {
  if (letter === 'N' || letter === undefined) return 'none';
  return letter === 'G' || letter === 'U' ? 'good' : 'bad';
}
