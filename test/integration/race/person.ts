import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Dice } from '../../simulation/random.ts';
import { GIT_ENV } from '../../support/git-sandbox.ts';

/** What a commit by hand does to one file; no text removes it. */
export interface Edit {
  readonly path: string;
  readonly text: string | undefined;
}

interface Exit {
  readonly code: number | null;
  readonly stdout: string;
}

/**
 * Somebody with Git and no manners: commits to the delivery branch at any time, files of their own
 * and control files, which pause a canary now and then. Never forces, and makes each commit on the
 * newest tip they know.
 */
export class Person {
  /** Every commit that was ever made, with what it does; not all of them are taken. */
  readonly made = new Map<string, readonly Edit[]>();
  /** Commits that the server said it has. */
  readonly taken: string[] = [];
  readonly #dice: Dice;
  readonly #url: string;
  readonly #branch: string;
  readonly #canaries: readonly string[];
  readonly #clone: string;
  #count = 0;

  constructor(options: {
    readonly dice: Dice;
    readonly url: string;
    readonly branch: string;
    readonly canaries: readonly string[];
    readonly folder: string;
  }) {
    this.#dice = options.dice;
    this.#url = options.url;
    this.#branch = `refs/heads/${options.branch}`;
    this.#canaries = options.canaries;
    this.#clone = join(options.folder, 'person.git');
    mkdirSync(this.#clone);
  }

  async prepare(): Promise<void> {
    await this.#must(['init', '--bare', '--quiet', '.']);
  }

  /** Tries to bring one commit to the branch; weather and lost races end the attempt. */
  async commit(): Promise<void> {
    await this.#attempt((tip) => this.#edits(tip));
  }

  /** Takes back every pause. */
  async resume(): Promise<void> {
    const paths = this.#canaries.map((canary) => `rollouts/${canary}/control.yaml`);
    for (let attempts = 0; attempts < 100; attempts += 1) {
      const isDone = await this.#attempt(async () => {
        const listed = await this.#must(['ls-tree', '-z', '--name-only', 'tip', '--', ...paths]);
        const there = listed.split('\0').filter((path) => path !== '');
        return there.map((path) => ({ path, text: undefined }));
      });
      if (isDone) return;
    }
    throw new Error('the pauses could not be taken back');
  }

  async #attempt(edit: (tip: string) => Promise<readonly Edit[]>): Promise<boolean> {
    const fetched = await this.#git(['fetch', '--quiet', this.#url, `+${this.#branch}:tip`]);
    if (fetched.code !== 0) return false;
    const tip = (await this.#must(['rev-parse', 'tip'])).trim();
    const edits = await edit(tip);
    if (edits.length === 0) return true;
    const commit = await this.#write(tip, edits);
    this.made.set(commit, edits);
    const pushed = await this.#git(['push', '--quiet', this.#url, `${commit}:${this.#branch}`]);
    if (pushed.code === 0) this.taken.push(commit);
    return pushed.code === 0;
  }

  async #edits(tip: string): Promise<readonly Edit[]> {
    const dice = this.#dice;
    const path = this.#path();
    this.#count += 1;
    const end = dice.chance(0.3) ? '\r\n' : '\n';
    const pause = dice.chance(0.3) ? `pause: true${end}` : '';
    const text = `# looked at by hand, time ${this.#count}${end}version: 1${end}${pause}`;
    const isThere = (await this.#must(['ls-tree', 'tip', '--', path])) !== '';
    const first = { path, text: isThere && dice.chance(0.2) ? undefined : text };
    const second = { path: `notes/${tip.slice(0, 1)}.md`, text: `${tip}\n` };
    return dice.chance(0.3) && second.path !== path ? [first, second] : [first];
  }

  #path(): string {
    const dice = this.#dice;
    const at = dice.int(0, this.#canaries.length - 1);
    const canary = this.#canaries[at] ?? '';
    return dice.pick([
      'README.md',
      `notes/${dice.int(1, 9)}.md`,
      `deep/er/and/deeper/${dice.int(1, 3)}.txt`,
      `rollouts/${canary}/control.yaml`,
    ]);
  }

  /** Without a work tree: an index of its own, and what goes into it. */
  async #write(tip: string, edits: readonly Edit[]): Promise<string> {
    const index = { GIT_INDEX_FILE: join(this.#clone, 'index') };
    await this.#must(['read-tree', tip], { env: index });
    let lines = '';
    for (const { path, text } of edits) {
      const blob =
        text === undefined
          ? NONE
          : await this.#must(['hash-object', '-w', '--stdin'], { input: text });
      lines += `${text === undefined ? '0' : '100644'} ${blob.trim()}\t${path}\n`;
    }
    await this.#must(['update-index', '--index-info'], { env: index, input: lines });
    const tree = (await this.#must(['write-tree'], { env: index })).trim();
    const message = `by hand, time ${this.#count}`;
    return (await this.#must(['commit-tree', tree, '-p', tip, '-m', message])).trim();
  }

  async #must(args: readonly string[], options?: GitOptions): Promise<string> {
    const { code, stdout } = await this.#git(args, options);
    if (code !== 0) throw new Error(`git ${args.join(' ')} ended with ${code}`);
    return stdout;
  }

  async #git(args: readonly string[], { input = '', env = {} }: GitOptions = {}): Promise<Exit> {
    const child = spawn('git', [...args], { cwd: this.#clone, env: { ...GIT_ENV, ...env } });
    let stdout = '';
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.resume();
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout };
  }
}

const NONE = '0'.repeat(40);

interface GitOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}
