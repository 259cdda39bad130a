import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProblemError } from '../../core/errors.ts';
import type { Access } from './access/access.ts';
import { Ancestry } from './ancestry.ts';
import { CloneObjects } from './clone-objects.ts';
import { addObjectsOnly, isSound, makeClone } from './clone-folder.ts';
import { createGit, type Environment, type Git } from './create-git.ts';
import { isDamage, localTrouble } from './local-trouble.ts';
import { Maintenance } from './maintenance.ts';
import type { GitExit } from './git-process.ts';
import { failureOf, isLocked, refusedBy } from './fetch-trouble.ts';
import { type FetchFailure, lastWords } from './push-outcome.ts';

export interface BareCloneOptions {
  readonly url: string;
  /** Clones are kept below this folder; what is in it can always be made again. */
  readonly cacheFolder: string;
  readonly env: Environment;
  /** Absent: whatever the environment offers. */
  readonly access?: Access;
}

/** A branch that the remote has moved. */
export interface MovedBranch {
  readonly branch: string;
  readonly tip: string;
}

export type FetchOutcome = { readonly kind: 'fetched' } | FetchFailure;

const ATTEMPTS_MAX = 5;
const LOCK_PATIENCE_MS = 200;
/** Times in a row that a lock was found in the way. */
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
  readonly objects: CloneObjects;
  readonly maintenance: Maintenance;
  readonly ancestry = new Ancestry();
  readonly #env: Environment;
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
    this.objects = new CloneObjects(this.git, this.folder, (words) => void this.noteTrouble(words));
    this.maintenance = new Maintenance(this.git, this.folder, (sweep) => this.#noteLock(sweep));
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

  /** Lets refs go that commits hung on until they were pushed. */
  async release(refs: readonly string[]): Promise<void> {
    const lines = refs.map((ref) => `delete ${ref}\n`);
    const end = await this.git
      .pipe(['update-ref', '--stdin'], lines.join(''))
      .catch((error: unknown) => ({ code: null, stderr: String(error) }));
    for (const ref of refs) this.maintenance.ended(ref);
    this.#noteLock(end);
  }

  /** The remote has taken what was pushed, and Git has moved the branches here as well. */
  moved(branches: readonly MovedBranch[]): void {
    for (const { branch, tip } of branches) this.#tips.set(branch, tip);
    if (branches.length > 0) void this.maintenance.changed();
  }

  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    if (this.ancestry.isKnown(ancestor, descendant)) return true;
    const args = ['merge-base', '--is-ancestor', ancestor, descendant];
    const { code, stderr } = await this.git.pipe(args, '');
    if (code === 0) this.ancestry.learn(ancestor, descendant);
    if (code !== 0 && code !== 1) this.noteTrouble(stderr);
    return code === 0;
  }

  /** Whether what Git said means that the clone is damaged; the next fetch makes it anew then. */
  noteTrouble(words: string): boolean {
    if (!isDamage(words) && existsSync(this.folder)) return false;
    this.#abandon();
    return true;
  }

  /** A lock that is found again and again was left behind by somebody who was killed. */
  #noteLock({ code, stderr }: Pick<GitExit, 'code' | 'stderr'>): void {
    this.#locked = code !== 0 && isLocked(stderr) ? this.#locked + 1 : 0;
    if (this.#locked >= LOCKED_MAX) this.#abandon();
  }

  #abandon(): void {
    this.#isDamaged = true;
    this.#opened = undefined;
    this.#tips.clear();
    this.objects.close();
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
