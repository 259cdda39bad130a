import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { ProblemError } from '../../core/errors.ts';
import { FILE_BYTES_MAX } from '../../core/unread.ts';
import type { TreeEntry } from '../../ports/delivery-repository.ts';
import type { Access } from './access/access.ts';
import { BlobStore } from './blob-store.ts';
import { createGit, type Environment, type Git, type RemoteExit } from './create-git.ts';
import { isDamage, localTrouble } from './local-trouble.ts';
import { Maintenance } from './maintenance.ts';
import { type FetchFailure, fetchFailure, lastWords } from './push-outcome.ts';

export interface BareCloneOptions {
  readonly url: string;
  /** Clones are kept below this folder; what is in it can always be made again. */
  readonly cacheFolder: string;
  readonly env: Environment;
  /** Absent: whatever the environment offers. */
  readonly access?: Access;
}

/** An entry of a tree with its type; submodules and symbolic links have modes of their own. */
export interface ModeEntry extends TreeEntry {
  readonly mode: string;
}

export type FetchOutcome = { readonly kind: 'fetched' } | FetchFailure;

const SUBMODULE = '160000';
const TREES_KEPT = 6;
const ATTEMPTS_MAX = 5;
/** The first fetch of an old repository brings every commit and tree there ever was. */
const FETCH_TIMEOUT_MS = 15 * 60_000;

/**
 * A bare clone without file contents: commits and trees are complete, because ancestry asked of a
 * shallow clone is answered wrongly and silently, and contents come when they are read, many at once.
 */
export class BareClone {
  readonly git: Git;
  readonly url: string;
  readonly folder: string;
  readonly cacheFolder: string;
  readonly access: Access | undefined;
  readonly maintenance: Maintenance;
  readonly #env: Environment;
  readonly #blobs: BlobStore;
  readonly #trees = new LRUCache<string, readonly ModeEntry[]>({ max: TREES_KEPT });
  readonly #submodules = new Set<string>();
  readonly #tips = new Map<string, string | undefined>();
  #opened: Promise<void> | undefined;
  #isDamaged = false;
  #wanted = new Set<string>();
  #nextFetch: Promise<FetchOutcome> | undefined;
  #fetching: Promise<unknown> = Promise.resolve();

  constructor({ url, cacheFolder, env, access }: BareCloneOptions) {
    this.url = url;
    this.cacheFolder = cacheFolder;
    this.#env = env;
    this.access = access;
    const name = createHash('sha256').update(url).digest('hex').slice(0, 16);
    this.folder = join(cacheFolder, `${name}.git`);
    const remote = { url, ...(access === undefined ? {} : { access }) };
    this.git = createGit({ folder: this.folder, env, remote });
    this.#blobs = new BlobStore(this.git);
    this.maintenance = new Maintenance(this.git, this.folder);
  }

  /**
   * Brings branches up to date; one that the remote does not have is removed here as well. Those who
   * ask at the same time share one request.
   */
  fetch(branches: readonly string[]): Promise<FetchOutcome> {
    for (const branch of branches) this.#wanted.add(branch);
    this.#nextFetch ??= this.#fetching.then(() => {
      const wanted = [...this.#wanted];
      this.#wanted = new Set();
      this.#nextFetch = undefined;
      return this.#fetch(wanted);
    });
    this.#fetching = this.#nextFetch;
    return this.#nextFetch;
  }

  /** Makes sure that there is a clone to run commands in; its branches may be missing yet. */
  prepare(): Promise<void> {
    return this.#open();
  }

  /** The commit that a branch had when it was last fetched or pushed here. */
  async tip(branch: string): Promise<string | undefined> {
    if (!this.#tips.has(branch)) await this.#readTips([branch]);
    return this.#tips.get(branch);
  }

  /** The remote has taken a commit for its branch. */
  async moveTip(branch: string, commit: string): Promise<void> {
    const args = ['update-ref', `refs/heads/${branch}`, commit];
    const { code, stderr } = await this.git.pipe(args, '');
    if (code === 0) {
      this.#tips.set(branch, commit);
      void this.maintenance.changed();
      return;
    }
    // What the remote has is not undone by trouble here: the next fetch brings it.
    this.#tips.delete(branch);
    this.noteTrouble(stderr);
  }

  /** Every file below the root of a commit. */
  async tree(commit: string): Promise<readonly ModeEntry[]> {
    const known = this.#trees.get(commit);
    if (known !== undefined) return known;
    const out = await this.#watched(
      this.git.run(['ls-tree', '-r', '-z', '--full-tree', '--end-of-options', commit]),
    );
    const entries = out.split('\0').flatMap((line): readonly ModeEntry[] => {
      const match = /^(\d+) (\w+) ([0-9a-f]+)\t(.+)$/s.exec(line);
      if (match === null) return [];
      const [, mode = '', , blob = '', path = ''] = match;
      if (mode === SUBMODULE) this.#submodules.add(blob);
      return [{ mode, blob, path }];
    });
    this.#trees.set(commit, entries);
    return entries;
  }

  /** File contents by id, many at once. Submodules and files beyond `FILE_BYTES_MAX` have none. */
  read(blobs: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const files = blobs.filter((blob) => !this.#submodules.has(blob));
    return this.#watched(this.#blobs.read(files, FILE_BYTES_MAX));
  }

  /** A content that was just written here need not be read again. */
  remember(blob: string, text: string): void {
    this.#blobs.remember(blob, text);
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    const args = ['merge-base', '--is-ancestor', ancestor, descendant];
    const { code, stderr } = await this.git.pipe(args, '');
    if (code !== 0 && code !== 1) this.noteTrouble(stderr);
    return code === 0;
  }

  /** Whether what Git said means that the clone is damaged; the next fetch makes it anew then. */
  noteTrouble(words: string): boolean {
    if (!isDamage(words) && existsSync(this.folder)) return false;
    this.#isDamaged = true;
    this.#opened = undefined;
    this.#tips.clear();
    return true;
  }

  async #watched<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      this.noteTrouble(String(error));
      throw error;
    }
  }

  async #fetch(branches: readonly string[], attempt = 1): Promise<FetchOutcome> {
    try {
      await this.#open();
      const failure = await this.#update(branches.map((branch) => `refs/heads/${branch}`));
      return failure ?? { kind: 'fetched' };
    } catch (error) {
      const text = String(error);
      if (error instanceof ProblemError) return refusedBy(error);
      const trouble = localTrouble(text, this.cacheFolder);
      if (trouble !== undefined) return { kind: 'refused', ...trouble };
      // Another process with the same clone was at it: what it fetched is what was wanted.
      const isWorthTrying = this.noteTrouble(text) || LOCKED.test(text);
      if (isWorthTrying && attempt < ATTEMPTS_MAX) return this.#fetch(branches, attempt + 1);
      return { kind: 'unreachable', why: lastWords(text) };
    }
  }

  /** What the remote could not give; throws for trouble of our own. */
  async #update(refs: readonly string[]): Promise<FetchFailure | undefined> {
    const listed = await this.git.remote(['ls-remote', '--', this.url, ...refs]);
    if (listed.code !== 0) return failureOf(listed);
    const remote = parseRefs(listed.stdout.toString('utf8'));
    await this.#readTips(refs.map(branchOf).filter((branch) => !this.#tips.has(branch)));
    const gone = refs.filter(
      (ref) => !remote.has(ref) && this.#tips.get(branchOf(ref)) !== undefined,
    );
    for (const ref of gone) await this.git.run(['update-ref', '-d', ref]);
    const moved = refs.filter(
      (ref) => remote.has(ref) && remote.get(ref) !== this.#tips.get(branchOf(ref)),
    );
    if (moved.length > 0) {
      const args = ['fetch', ...FETCH_FLAGS, 'origin', ...moved.map((ref) => `+${ref}:${ref}`)];
      const fetched = await this.git.remote(args, { timeoutMs: FETCH_TIMEOUT_MS });
      if (fetched.code !== 0) return failureOf(fetched);
      void this.maintenance.changed();
    }
    await this.#readTips([...gone, ...moved].map(branchOf));
    return undefined;
  }

  async #readTips(branches: readonly string[]): Promise<void> {
    if (branches.length === 0) return;
    const refs = branches.map((branch) => `refs/heads/${branch}`);
    const out = await this.git.run(['for-each-ref', '--format=%(objectname)\t%(refname)', ...refs]);
    const local = parseRefs(out);
    for (const branch of branches) this.#tips.set(branch, local.get(`refs/heads/${branch}`));
  }

  #open(): Promise<void> {
    this.#opened ??= this.#openOrClone().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #openOrClone(): Promise<void> {
    if (!this.#isDamaged && (await this.#isSound())) return;
    const fresh = `${this.folder}.${randomUUID()}`;
    await mkdir(fresh, { recursive: true, mode: 0o700 });
    try {
      const git = createGit({ folder: fresh, env: this.#env });
      await git.run(['init', '--bare', '--quiet', '.']);
      for (const [key, value] of PARTIAL_CLONE) await git.run(['config', key, value]);
      await git.run(['config', 'remote.origin.url', this.url]);
      await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
      await rename(fresh, this.folder);
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
    this.#isDamaged = false;
    this.#tips.clear();
  }

  async #isSound(): Promise<boolean> {
    if (!existsSync(this.folder)) return false;
    try {
      const url = await this.git.run(['config', '--get', 'remote.origin.url']);
      await this.git.run(['for-each-ref', '--count=1']);
      return url.trim() === this.url;
    } catch {
      return false;
    }
  }
}

const LOCKED = /\.lock'|cannot lock ref|File exists/;

const FETCH_FLAGS = ['--no-tags', '--no-write-fetch-head', '--filter=blob:none'];

/** What `git clone --filter=blob:none` writes; the fetches then leave contents on the server. */
const PARTIAL_CLONE = [
  ['core.repositoryFormatVersion', '1'],
  ['extensions.partialClone', 'origin'],
  ['remote.origin.promisor', 'true'],
  ['remote.origin.partialCloneFilter', 'blob:none'],
] as const;

/** Throws for what failed on this side of the connection. */
function failureOf(exit: RemoteExit): FetchFailure {
  const { stderr } = exit;
  const isOurs = isDamage(stderr) || LOCKED.test(stderr) || localTrouble(stderr, '') !== undefined;
  if (isOurs) throw new Error(stderr);
  return fetchFailure(exit);
}

function refusedBy({ problems }: ProblemError): FetchFailure {
  return {
    kind: 'refused',
    why: problems.map(({ code, message }) => `${code}: ${message}`).join('; '),
    remedy: problems.map(({ remedy }) => remedy).join('; '),
  };
}

function branchOf(ref: string): string {
  return ref.slice('refs/heads/'.length);
}

/** Lines of `id TAB ref`, as `ls-remote` prints them. */
function parseRefs(listed: string): ReadonlyMap<string, string> {
  return new Map(
    listed
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t'))
      .map(([id = '', ref = '']) => [ref, id]),
  );
}
