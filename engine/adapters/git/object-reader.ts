import type { GitTalk } from './git-process.ts';

export interface ObjectHead {
  readonly id: string;
  readonly type: string;
  readonly bytes: number;
}

export interface GitObject extends ObjectHead {
  /** Empty where only heads are read. */
  readonly content: Buffer;
}

interface Wanted {
  readonly resolve: (object: GitObject | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** A process that is not asked for so long ends. */
const IDLE_MS = 20_000;
/** An answer that takes longer is none: the disk is gone, or the process hangs. */
const ANSWER_MS = 60_000;

/**
 * Reads objects through one `git cat-file` that stays: a process for each question costs more than
 * all the answers of a pass.
 * @see https://git-scm.com/docs/git-cat-file#_batch_output
 */
export class ObjectReader {
  readonly #open: () => GitTalk;
  readonly #withContent: boolean;
  #talk: GitTalk | undefined;
  #wanted: Wanted[] = [];
  #received: Buffer[] = [];
  #length = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `talk` starts a command that cannot fetch what is not there. */
  constructor(talk: (args: readonly string[]) => GitTalk, what: 'objects' | 'heads') {
    this.#withContent = what === 'objects';
    this.#open = () => talk(['cat-file', this.#withContent ? '--batch' : '--batch-check']);
  }

  /** The object of an id or of an expression such as `COMMIT^{tree}`; nothing where there is none. */
  read(name: string): Promise<GitObject | undefined> {
    return new Promise((resolve, reject) => {
      this.#wanted.push({ resolve, reject });
      this.#talk ??= this.#start();
      this.#talk.say(`${name}\n`);
      this.#expect(ANSWER_MS);
    });
  }

  /** Ends the process; whoever still waits is told so. */
  close(why = 'the clone is made anew'): void {
    const talk = this.#talk;
    this.#talk = undefined;
    clearTimeout(this.#timer);
    const wanted = this.#wanted;
    this.#wanted = [];
    this.#received = [];
    this.#length = 0;
    talk?.end();
    for (const { reject } of wanted) reject(new Error(`git cat-file: ${why}`));
  }

  #start(): GitTalk {
    const talk = this.#open();
    talk.onData((chunk) => {
      if (this.#talk === talk) this.#take(chunk);
    });
    talk.onEnd((why) => {
      if (this.#talk === talk) this.close(why);
    });
    return talk;
  }

  #expect(durationMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.close(this.#wanted.length === 0 ? 'idle' : 'no answer');
    }, durationMs);
    // Only who waits for an answer keeps the engine alive.
    if (durationMs === IDLE_MS) this.#timer.unref();
  }

  #take(chunk: Buffer): void {
    this.#received.push(chunk);
    this.#length += chunk.length;
    let buffer = Buffer.concat(this.#received, this.#length);
    for (;;) {
      const answer = parseAnswer(buffer, this.#withContent);
      if (answer === undefined) break;
      buffer = buffer.subarray(answer.length);
      this.#wanted.shift()?.resolve(answer.object);
    }
    this.#received = [buffer];
    this.#length = buffer.length;
    this.#expect(this.#wanted.length === 0 ? IDLE_MS : ANSWER_MS);
  }
}

/** The first whole answer in what has come, with its length. */
function parseAnswer(
  buffer: Buffer,
  withContent: boolean,
): { readonly object: GitObject | undefined; readonly length: number } | undefined {
  const lineEnd = buffer.indexOf(0x0a);
  if (lineEnd < 0) return undefined;
  const words = buffer.toString('utf8', 0, lineEnd).split(' ');
  const [id = '', type = '', size = ''] = words;
  if (words.length !== 3 || !/^\d+$/.test(size)) return { object: undefined, length: lineEnd + 1 };
  const head = { id, type, bytes: Number(size) };
  const start = lineEnd + 1;
  if (!withContent) return { object: { ...head, content: Buffer.alloc(0) }, length: start };
  const end = start + head.bytes;
  if (buffer.length <= end) return undefined;
  return { object: { ...head, content: buffer.subarray(start, end) }, length: end + 1 };
}
