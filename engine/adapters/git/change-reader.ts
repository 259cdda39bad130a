import { randomUUID } from 'node:crypto';
import type { GitTalk } from './git-process.ts';
import { GitReader, type ParseAnswer } from './git-reader.ts';

/** Paths by commit. */
type ChangedPaths = ReadonlyMap<string, readonly string[]>;

const DIFF = ['diff-tree', '--stdin', '-r', '-z', '--root', '--no-renames', '--name-only'];

/**
 * Reads which paths of a commit's tree differ from its parent's. A line that is no commit's id Git gives
 * back as it is, once it has answered what came before it: so an answer is known to be whole.
 * @see https://git-scm.com/docs/git-diff-tree
 */
export class ChangeReader {
  readonly #end = `${randomUUID()}\n`;
  readonly #reader: GitReader<string>;

  /** `talk` starts a command that cannot fetch what is not there. */
  constructor(talk: (args: readonly string[]) => GitTalk) {
    this.#reader = new GitReader({
      command: 'diff-tree',
      open: () => talk(DIFF),
      parse: (received) => wholeAnswer(received, this.#end),
    });
  }

  async read(commits: readonly string[]): Promise<ChangedPaths> {
    const answer = await this.#reader.ask(`${commits.join('\n')}\n${this.#end}`);
    return changedPaths(answer, new Set(commits));
  }

  /** Ends the process; whoever still waits is told so. */
  close(): void {
    this.#reader.close();
  }
}

function wholeAnswer(received: Buffer, end: string): ReturnType<ParseAnswer<string>> {
  const at = received.indexOf(end);
  if (at < 0) return undefined;
  return { answer: received.toString('utf8', 0, at), length: at + Buffer.byteLength(end) };
}

/** The id of a commit, then its paths, then the next id. No path of ours looks like an id. */
function changedPaths(output: string, commits: ReadonlySet<string>): ChangedPaths {
  const changed = new Map<string, string[]>();
  let paths: string[] = [];
  for (const item of output.split('\0')) {
    if (commits.has(item)) {
      paths = [];
      changed.set(item, paths);
    } else if (item !== '') paths.push(item);
  }
  return changed;
}
