import type { Mark, Token } from './scan.ts';
import { TemplateError } from './template-error.ts';

/** The tokens of one action, taken from the front. */
export class Tokens {
  readonly #tokens: readonly Token[];
  /** Where the action stands. */
  readonly beginning: number;
  position = 0;

  constructor(tokens: readonly Token[], beginning: number) {
    this.#tokens = tokens;
    this.beginning = beginning;
  }

  /** Where the next token stands, or the action when there is none left. */
  get offset(): number {
    return this.#tokens[this.position]?.offset ?? this.beginning;
  }

  isAtEnd(): boolean {
    return this.position >= this.#tokens.length;
  }

  isMark(mark: Mark): boolean {
    const token = this.#tokens[this.position];
    return token?.kind === 'mark' && token.mark === mark;
  }

  take(): Token | undefined;
  take(mark: Mark): boolean;
  take(mark?: Mark): Token | boolean | undefined {
    if (mark === undefined) {
      const token = this.#tokens[this.position];
      this.position += 1;
      return token;
    }
    const isThere = this.isMark(mark);
    if (isThere) this.position += 1;
    return isThere;
  }

  keyword(): string | undefined {
    const token = this.#tokens[this.position];
    if (token?.kind !== 'name') return undefined;
    this.position += 1;
    return token.name;
  }

  variable(): string | undefined {
    const token = this.#tokens[this.position];
    if (token?.kind !== 'variable' || token.name === '') return undefined;
    this.position += 1;
    return token.name;
  }

  /** The field of what came right before. */
  field(): string | undefined {
    const token = this.#tokens[this.position];
    if (token?.kind !== 'field' || token.spaced) return undefined;
    this.position += 1;
    return token.name;
  }

  requireSpace(): void {
    const token = this.#tokens[this.position];
    if (token === undefined || token.spaced) return;
    throw new TemplateError('a space is missing before this', token.offset);
  }

  requireEnd(): void {
    if (!this.isAtEnd()) {
      throw new TemplateError('the action goes on where it should end', this.offset);
    }
  }
}
