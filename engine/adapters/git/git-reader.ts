import type { GitTalk } from './git-process.ts';

/** The first whole answer in what has come, with its length; nothing while it is not whole. */
export type ParseAnswer<T> = (
  received: Buffer,
) => { readonly answer: T; readonly length: number } | undefined;

export interface GitReaderOptions<T> {
  /** The Git command, as it is called where it failed. */
  readonly command: string;
  readonly open: () => GitTalk;
  readonly parse: ParseAnswer<T>;
}

interface Wanted<T> {
  readonly resolve: (answer: T) => void;
  readonly reject: (error: Error) => void;
}

/** A process that is not asked for so long ends. */
const IDLE_MS = 20_000;
/** An answer that takes longer is none: the disk is gone, or the process hangs. */
const ANSWER_MS = 60_000;
/** Git remembers every commit it was ever asked about. */
const ANSWERS_MAX = 20_000;

/**
 * Asks one Git process that stays: a process for each question costs more than all the answers of a
 * pass. It answers in the order of the questions.
 */
export class GitReader<T> {
  readonly #with: GitReaderOptions<T>;
  #talk: GitTalk | undefined;
  #wanted: Wanted<T>[] = [];
  #received: Buffer[] = [];
  #length = 0;
  #answered = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: GitReaderOptions<T>) {
    this.#with = options;
  }

  ask(question: string): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#wanted.push({ resolve, reject });
      this.#talk ??= this.#start();
      this.#talk.say(question);
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
    this.#answered = 0;
    talk?.end();
    for (const { reject } of wanted) reject(new Error(`git ${this.#with.command}: ${why}`));
  }

  #start(): GitTalk {
    const talk = this.#with.open();
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
      const parsed = this.#with.parse(buffer);
      if (parsed === undefined) break;
      buffer = buffer.subarray(parsed.length);
      this.#answered += 1;
      this.#wanted.shift()?.resolve(parsed.answer);
    }
    this.#received = [buffer];
    this.#length = buffer.length;
    if (this.#wanted.length > 0) this.#expect(ANSWER_MS);
    else if (this.#answered < ANSWERS_MAX) this.#expect(IDLE_MS);
    else this.close('asked often enough');
  }
}
