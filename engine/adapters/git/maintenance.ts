import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Git } from './create-git.ts';
import type { GitExit } from './git-process.ts';

/** More than these make everything slower. */
const PACKS_MAX = 40;
const LOOSE_MAX = 4_000;
/** Objects are spread evenly over this many folders: one of them tells for all. */
const FOLDERS = 256;
const SAMPLE = '17';
const TIMEOUT_MS = 30 * 60_000;

/**
 * One thread, little memory, and packs that are large already stay as they are: the cost is bounded
 * however old the repository is. An hour is more than any push takes that is under way elsewhere.
 */
const SETTINGS = [
  'gc.autoDetach=false',
  'gc.pruneExpire=1.hour.ago',
  'gc.bigPackThreshold=512m',
  'pack.threads=1',
  'pack.windowMemory=64m',
];

const OUTGOING = 'refs/serin/outgoing/';

/** A name for commits that are about to be pushed; it says whose they are. */
export function outgoingRef(id: string): string {
  return `${OUTGOING}${process.pid}-${id}`;
}

/** Keeps a clone small in the background, at the lowest priority. */
export class Maintenance {
  readonly #git: Git;
  readonly #folder: string;
  readonly #onEnd: (sweep: Pick<GitExit, 'code' | 'stderr'>) => void;
  /** Refs of pushes under way in this process. */
  readonly #outgoing = new Set<string>();
  /** What the last sweep could not make fewer. */
  #left = { packs: 0, loose: 0 };
  #running: Promise<void> | undefined;

  /** `onEnd` is told how each sweep went. */
  constructor(git: Git, folder: string, onEnd: (sweep: Pick<GitExit, 'code' | 'stderr'>) => void) {
    this.#git = git;
    this.#folder = folder;
    this.#onEnd = onEnd;
  }

  /** Commits hang on this ref until they are pushed. */
  began(ref: string): void {
    this.#outgoing.add(ref);
  }

  ended(ref: string): void {
    this.#outgoing.delete(ref);
  }

  /** Something was fetched or written. Resolves when nothing has to be swept, or a sweep has begun. */
  async changed(): Promise<void> {
    const { packs, loose } = await this.#count();
    const isDue = packs - this.#left.packs > PACKS_MAX || loose - this.#left.loose > LOOSE_MAX;
    if (isDue) void this.sweep();
  }

  /** Sweeps now; whoever asks meanwhile waits for the same. */
  sweep(): Promise<void> {
    // A clone that cannot be swept is found out and made anew by those who need it.
    this.#running ??= this.#sweep()
      .catch(() => {})
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  /** Resolves when no sweep is under way. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #count(): Promise<{ readonly packs: number; readonly loose: number }> {
    const list = (name: string) => readdir(join(this.#folder, 'objects', name)).catch(() => []);
    const [packs, sample] = [await list('pack'), await list(SAMPLE)];
    return {
      packs: packs.filter((name) => name.endsWith('.pack')).length,
      loose: sample.length * FOLDERS,
    };
  }

  async #sweep(): Promise<void> {
    const options = { isPatient: true, timeoutMs: TIMEOUT_MS };
    const listed = await this.#git.pipe(['for-each-ref', '--format=%(refname)', OUTGOING], '');
    const refs = listed.stdout.toString('utf8').split('\n');
    const abandoned = refs.filter((ref) => ref !== '' && !this.#isUnderWay(ref));
    for (const ref of abandoned) await this.#git.pipe(['update-ref', '-d', ref], '');
    const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
    this.#onEnd(await this.#git.pipe([...settings, 'gc', '--quiet'], '', options));
    this.#left = await this.#count();
  }

  /** An engine that was killed in mid-push leaves its ref behind. */
  #isUnderWay(ref: string): boolean {
    const pid = Number(ref.slice(OUTGOING.length).split('-', 1)[0]);
    if (pid === process.pid) return this.#outgoing.has(ref);
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'EPERM';
    }
  }
}
