import type { GitTalk } from './git-process.ts';
import { GitReader, type ParseAnswer } from './git-reader.ts';

export interface ObjectHead {
  readonly id: string;
  readonly type: string;
  readonly bytes: number;
}

export interface GitObject extends ObjectHead {
  /** Empty where only heads are read. */
  readonly content: Buffer;
}

/**
 * Reads objects.
 * @see https://git-scm.com/docs/git-cat-file#_batch_output
 */
export class ObjectReader {
  readonly #reader: GitReader<GitObject | undefined>;

  /** `talk` starts a command that cannot fetch what is not there. */
  constructor(talk: (args: readonly string[]) => GitTalk, what: 'objects' | 'heads') {
    const withContent = what === 'objects';
    this.#reader = new GitReader({
      command: 'cat-file',
      open: () => talk(['cat-file', withContent ? '--batch' : '--batch-check']),
      parse: (received) => parseAnswer(received, withContent),
    });
  }

  /** The object of an id or of an expression such as `COMMIT^{tree}`; nothing where there is none. */
  read(name: string): Promise<GitObject | undefined> {
    return this.#reader.ask(`${name}\n`);
  }

  /** Ends the process; whoever still waits is told so. */
  close(): void {
    this.#reader.close();
  }
}

function parseAnswer(
  buffer: Buffer,
  withContent: boolean,
): ReturnType<ParseAnswer<GitObject | undefined>> {
  const lineEnd = buffer.indexOf(0x0a);
  if (lineEnd < 0) return undefined;
  const words = buffer.toString('utf8', 0, lineEnd).split(' ');
  const [id = '', type = '', size = ''] = words;
  if (words.length !== 3 || !/^\d+$/.test(size)) return { answer: undefined, length: lineEnd + 1 };
  const head = { id, type, bytes: Number(size) };
  const start = lineEnd + 1;
  if (!withContent) return { answer: { ...head, content: Buffer.alloc(0) }, length: start };
  const end = start + head.bytes;
  if (buffer.length <= end) return undefined;
  return { answer: { ...head, content: buffer.subarray(start, end) }, length: end + 1 };
}
