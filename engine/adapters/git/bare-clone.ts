import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProblemError } from '../../core/errors.ts';
import { FILE_BYTES_MAX } from '../../core/unread.ts';
import type { TreeEntry } from '../../ports/delivery-repository.ts';
import type { Access } from './access/access.ts';
import { BlobStore } from './blob-store.ts';
import { addObjectsOnly, isSound, makeClone } from './clone-folder.ts';
import { createGit, type Environment, type Git } from './create-git.ts';
import { isDamage, localTrouble } from './local-trouble.ts';
import { Maintenance } from './maintenance.ts';
import { ObjectReader } from './object-reader.ts';
import { failureOf, isLocked, refusedBy } from './fetch-trouble.ts';
import { type FetchFailure, lastWords } from './push-outcome.ts';
import { FOLDER_MODE, type TreeItem, TreeStore } from './tree-store.ts';

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

/** A branch that the remote has moved. */
export interface MovedBranch {
  readonly branch: string;
  readonly tip: string;
}

export type FetchOutcome = { readonly kind: 'fetched' } | FetchFailure;

const SUBMODULE = '160000';
const ATTEMPTS_MAX = 5;
const LOCK_PATIENCE_MS = 200;
/** Releases in a row that found a lock in their way. */
const LOCKED_MAX = 3;
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
  readonly #readers: { readonly objects: ObjectReader; readonly heads: ObjectReader };
  readonly #trees: TreeStore;
  readonly #submodules = new Set<string>();
  readonly #tips = new Map<string, string | undefined>();
  #opened: Promise<void> | undefined;
  #isDamaged = false;
  #locked = 0;
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
    const talk = (args: readonly string[]) => this.git.talk(args);
    const objects = new ObjectReader(talk, 'objects');
    const heads = new ObjectReader(talk, 'heads');
    this.#readers = { objects, heads };
    this.#trees = new TreeStore(objects);
    this.#blobs = new BlobStore(this.git, this.#readers, FILE_BYTES_MAX);
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

  /** Lets refs of our own go. The remote may have taken what hung on them: its branches move here too. */
  async release(refs: readonly string[], moved: readonly MovedBranch[]): Promise<void> {
    const lines = moved.map(({ branch, tip }) => `update refs/heads/${branch} ${tip}\n`);
    lines.push(...refs.map((ref) => `delete ${ref}\n`));
    const { code, stderr } = await this.git
      .pipe(['update-ref', '--stdin'], lines.join(''))
      .catch((error: unknown) => ({ code: null, stderr: String(error) }));
    this.#locked = code !== 0 && isLocked(stderr) ? this.#locked + 1 : 0;
    if (this.#locked >= LOCKED_MAX) this.#abandon();
    if (moved.length === 0) return;
    // What the remote has is not undone by trouble here: the next fetch brings it.
    for (const { branch, tip } of moved) {
      if (code === 0) this.#tips.set(branch, tip);
      else this.#tips.delete(branch);
    }
    if (code === 0) void this.maintenance.changed();
    else this.noteTrouble(stderr);
  }

  /** Every file below a folder of a commit, or below its root; nothing where there is no folder. */
  tree(commit: string, folder = ''): Promise<readonly ModeEntry[]> {
    return this.#watched(this.#files(commit, folder));
  }

  /** What stands at a path of a commit. */
  find(commit: string, path: string): Promise<TreeItem | undefined> {
    return this.#watched(this.#trees.find(commit, path));
  }

  /** What stands in a folder of a commit, with the ids of files and folders. */
  async items(commit: string, folder: string): Promise<readonly TreeItem[]> {
    const found = await this.find(commit, folder);
    return found?.mode === FOLDER_MODE ? this.#watched(this.#trees.items(found.id)) : [];
  }

  async #files(commit: string, folder: string): Promise<readonly ModeEntry[]> {
    const tree =
      folder === ''
        ? { id: await this.#trees.root(commit), mode: FOLDER_MODE }
        : await this.#trees.find(commit, folder);
    if (tree?.mode !== FOLDER_MODE) return [];
    const prefix = folder === '' ? '' : `${folder}/`;
    const files = await this.#trees.files(tree.id);
    return files.map(({ path, mode, id }) => {
      if (mode === SUBMODULE) this.#submodules.add(id);
      return { path: `${prefix}${path}`, mode, blob: id };
    });
  }

  /** File contents by id, many at once. Submodules and files beyond `FILE_BYTES_MAX` have none. */
  read(blobs: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const files = blobs.filter((blob) => !this.#submodules.has(blob));
    return this.#watched(this.#blobs.read(files));
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
    this.#abandon();
    return true;
  }

  #abandon(): void {
    this.#isDamaged = true;
    this.#opened = undefined;
    this.#tips.clear();
    for (const reader of Object.values(this.#readers)) reader.close();
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
      const isAgain = this.noteTrouble(text) || (await this.#isUnlockedLater(text, attempt));
      if (isAgain && attempt < ATTEMPTS_MAX) return this.#fetch(branches, attempt + 1);
      return { kind: 'unreachable', why: lastWords(text) };
    }
  }

  /**
   * Another process with the same clone is at it: what it fetches is what was wanted. Nobody takes
   * seconds for that: a lock that stays was left behind by one that was killed.
   */
  async #isUnlockedLater(words: string, attempt: number): Promise<boolean> {
    if (!isLocked(words)) return false;
    if (attempt === ATTEMPTS_MAX - 1) this.#abandon();
    else await sleep(LOCK_PATIENCE_MS * attempt);
    return true;
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
    const isUsable = !this.#isDamaged && (await isSound(this.git, this.folder, this.url));
    if (isUsable) {
      await addObjectsOnly(this.folder);
      return;
    }
    await makeClone(this.folder, this.url, this.#env);
    this.#isDamaged = false;
    this.#locked = 0;
    this.#tips.clear();
  }
}

const FETCH_FLAGS = ['--no-tags', '--no-write-fetch-head', '--filter=blob:none'];

const branchOf = (ref: string): string => ref.slice('refs/heads/'.length);

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
