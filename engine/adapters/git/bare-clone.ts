import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { TreeEntry } from '../../ports/delivery-repository.ts';
import { createGit, type Environment, type Git } from './create-git.ts';
import { lastWords } from './push-outcome.ts';

export interface BareCloneOptions {
  readonly url: string;
  /** Clones are kept below this folder; what is in it can always be made again. */
  readonly cacheFolder: string;
  readonly env: Environment;
}

/** An entry of a tree with its type; submodules and symbolic links have modes of their own. */
export interface ModeEntry extends TreeEntry {
  readonly mode: string;
}

export type FetchOutcome =
  { readonly kind: 'fetched' } | { readonly kind: 'unreachable'; readonly why: string };

const BLOB_CACHE_BYTES = 64 * 1024 * 1024;
const TREES_KEPT = 6;
const LOCK_ATTEMPTS = 5;

/**
 * A bare clone without file contents: commits and trees are complete, because ancestry asked of a
 * shallow clone is answered wrongly and silently, and contents come when they are read, many at once.
 */
export class BareClone {
  readonly git: Git;
  readonly url: string;
  readonly #folder: string;
  readonly #blobs = new LRUCache<string, string>({
    maxSize: BLOB_CACHE_BYTES,
    sizeCalculation: (text) => text.length + 64,
  });
  readonly #trees = new LRUCache<string, readonly ModeEntry[]>({ max: TREES_KEPT });
  #opened: Promise<void> | undefined;
  #fetching: Promise<unknown> = Promise.resolve();

  constructor(options: BareCloneOptions) {
    this.url = options.url;
    const name = createHash('sha256').update(options.url).digest('hex').slice(0, 16);
    this.#folder = join(options.cacheFolder, `${name}.git`);
    this.git = createGit({ folder: this.#folder, env: options.env });
  }

  /** Brings branches up to date; one that the remote does not have is removed here as well. */
  fetch(branches: readonly string[]): Promise<FetchOutcome> {
    const outcome = this.#fetching.then(() => this.#fetch(branches));
    this.#fetching = outcome;
    return outcome;
  }

  async #fetch(branches: readonly string[], attempt = 1): Promise<FetchOutcome> {
    try {
      await this.#open();
      const refs = branches.map((branch) => `refs/heads/${branch}`);
      const listed = await this.git.run(['ls-remote', '--', this.url, ...refs]);
      const remote = new Map(
        listed
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => line.split('\t'))
          .map(([id = '', ref = '']) => [ref, id]),
      );
      for (const ref of refs) await this.#fetchRef(ref, remote.get(ref));
      return { kind: 'fetched' };
    } catch (error) {
      const why = lastWords(String(error));
      // Another process with the same clone was at it: what it fetched is what was wanted.
      const isLocked = /\.lock'|cannot lock ref|File exists/.test(String(error));
      if (isLocked && attempt < LOCK_ATTEMPTS) return this.#fetch(branches, attempt + 1);
      return { kind: 'unreachable', why };
    }
  }

  /** The commit that a branch had at the last fetch. */
  async tip(branch: string): Promise<string | undefined> {
    const ref = `refs/heads/${branch}`;
    const out = await this.git.run(['for-each-ref', '--format=%(objectname)', ref]);
    return out.trim() === '' ? undefined : out.trim();
  }

  /** Every file below the root of a commit. */
  async tree(commit: string): Promise<readonly ModeEntry[]> {
    const known = this.#trees.get(commit);
    if (known !== undefined) return known;
    const out = await this.git.run(['ls-tree', '-r', '-z', '--full-tree', commit]);
    const entries = out.split('\0').flatMap((line): readonly ModeEntry[] => {
      const match = /^(\d+) (\w+) ([0-9a-f]+)\t(.+)$/s.exec(line);
      return match === null
        ? []
        : [{ mode: match[1] ?? '', blob: match[3] ?? '', path: match[4] ?? '' }];
    });
    this.#trees.set(commit, entries);
    return entries;
  }

  /** File contents by id: what is not at hand is fetched in one request, never one by one. */
  async read(blobs: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const texts = new Map<string, string>();
    const missing = new Set<string>();
    for (const blob of blobs) {
      const text = this.#blobs.get(blob);
      if (text === undefined) missing.add(blob);
      else texts.set(blob, text);
    }
    if (missing.size === 0) return texts;
    await this.#fetchBlobs([...missing]);
    for (const [blob, text] of await this.#catFiles([...missing])) {
      this.#blobs.set(blob, text);
      texts.set(blob, text);
    }
    return texts;
  }

  /** A content that was just written here need not be read again. */
  remember(blob: string, text: string): void {
    this.#blobs.set(blob, text);
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    const args = ['merge-base', '--is-ancestor', ancestor, descendant];
    const { code } = await this.git.pipe(args, '');
    return code === 0;
  }

  async #fetchRef(ref: string, remoteId: string | undefined): Promise<void> {
    if (remoteId === undefined) {
      await this.git.run(['update-ref', '-d', ref]);
      return;
    }
    const localId = await this.git.run(['for-each-ref', '--format=%(objectname)', ref]);
    if (localId.trim() === remoteId) return;
    const flags = ['--no-tags', '--no-write-fetch-head', '--filter=blob:none', '--force'];
    await this.git.run(['fetch', ...flags, 'origin', `${ref}:${ref}`]);
  }

  #open(): Promise<void> {
    this.#opened ??= this.#openOrClone().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #openOrClone(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    if (await this.#isSound()) return;
    await rm(this.#folder, { recursive: true, force: true });
    await mkdir(this.#folder, { recursive: true });
    await this.git.run(['init', '--bare', '--quiet', '.']);
    for (const [key, value] of PARTIAL_CLONE) await this.git.run(['config', key, value]);
    await this.git.run(['config', 'remote.origin.url', this.url]);
  }

  async #isSound(): Promise<boolean> {
    try {
      const url = await this.git.run(['config', '--get', 'remote.origin.url']);
      await this.git.run(['for-each-ref', '--count=1']);
      return url.trim() === this.url;
    } catch {
      return false;
    }
  }

  async #fetchBlobs(blobs: readonly string[]): Promise<void> {
    const flags = ['--no-tags', '--no-write-fetch-head', '--filter=blob:none', '--stdin'];
    const noNegotiation = ['-c', 'fetch.negotiationAlgorithm=noop'];
    const wanted = await this.#notHere(blobs);
    if (wanted.length === 0) return;
    const args = [...noNegotiation, 'fetch', ...flags, 'origin'];
    const { code, stderr } = await this.git.pipe(args, `${wanted.join('\n')}\n`);
    if (code !== 0) throw new Error(lastWords(stderr));
  }

  /** Which objects are not in the local store, asked without letting Git fetch them. */
  async #notHere(blobs: readonly string[]): Promise<readonly string[]> {
    const args = ['rev-list', '--no-walk', '--objects', '--missing=print', '--stdin'];
    const { code, stdout } = await this.git.pipe(args, `${blobs.join('\n')}\n`);
    if (code !== 0) return blobs;
    const lines = stdout.toString('utf8').split('\n');
    return lines.filter((line) => line.startsWith('?')).map((line) => line.slice(1));
  }

  async #catFiles(blobs: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const { code, stdout, stderr } = await this.git.pipe(
      ['cat-file', '--batch'],
      `${blobs.join('\n')}\n`,
    );
    if (code !== 0) throw new Error(lastWords(stderr));
    const texts = new Map<string, string>();
    for (let offset = 0; offset < stdout.length;) {
      const lineEnd = stdout.indexOf(0x0a, offset);
      const [id = '', type, size] = stdout.toString('utf8', offset, lineEnd).split(' ');
      offset = lineEnd + 1;
      if (type !== 'blob') continue;
      texts.set(id, stdout.toString('utf8', offset, offset + Number(size)));
      offset += Number(size) + 1;
    }
    return texts;
  }
}

/** What `git clone --filter=blob:none` writes; the fetches then leave contents on the server. */
const PARTIAL_CLONE = [
  ['core.repositoryFormatVersion', '1'],
  ['extensions.partialClone', 'origin'],
  ['remote.origin.promisor', 'true'],
  ['remote.origin.partialCloneFilter', 'blob:none'],
] as const;
