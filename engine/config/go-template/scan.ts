import { unquote } from './quote.ts';
import { TemplateError } from './template-error.ts';

/** Literal text, or what stands between two pairs of braces. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly tokens: readonly Token[]; readonly offset: number };

interface Place {
  readonly offset: number;
  /** Arguments are told apart by the space between them: `f .x` has one, `f.x` has none. */
  readonly spaced: boolean;
}

export type Token = Place &
  (
    | { readonly kind: 'name' | 'variable' | 'field'; readonly name: string }
    | { readonly kind: 'string'; readonly value: string }
    | { readonly kind: 'int'; readonly value: bigint }
    | { readonly kind: 'float'; readonly value: number }
    | { readonly kind: 'mark'; readonly mark: Mark }
  );

export type Mark = '.' | ':=' | '=' | ',' | '|' | '(' | ')';

const OPEN = '{{';
const CLOSE = '}}';
/** A minus trims only with a space beside it: `{{-3}}` is a number. */
const TRIM_BEFORE = /-(?=[ \t\r\n])/y;
const TRIM_AFTER = /[ \t\r\n]-(?=\}\})/y;
const COMMENT = /[ \t\r\n]*\/\*[\s\S]*?\*\//y;

/** @see https://pkg.go.dev/text/template#hdr-Text_and_spaces */
export function scan(template: string): readonly Part[] {
  const parts: Part[] = [];
  let position = 0;
  let trimNext = false;
  while (position < template.length) {
    const found = template.indexOf(OPEN, position);
    const end = found < 0 ? template.length : found;
    const trimsBefore = found >= 0 && matchAt(TRIM_BEFORE, template, end + OPEN.length) !== '';
    let text = template.slice(position, end);
    if (trimNext) text = text.replace(/^[ \t\r\n]+/, '');
    if (trimsBefore) text = text.replace(/[ \t\r\n]+$/, '');
    if (text !== '') parts.push({ kind: 'text', text });
    if (found < 0) break;
    const inside = scanAction(template, end + OPEN.length + (trimsBefore ? 1 : 0));
    if (inside.tokens !== undefined) {
      parts.push({ kind: 'action', tokens: inside.tokens, offset: end });
    }
    trimNext = inside.trimsAfter;
    position = inside.end;
  }
  return parts;
}

interface Inside {
  /** Absent for a comment. */
  readonly tokens: readonly Token[] | undefined;
  readonly trimsAfter: boolean;
  readonly end: number;
}

function scanAction(template: string, start: number): Inside {
  const comment = matchAt(COMMENT, template, start);
  if (comment !== '') return closing(template, start + comment.length, undefined, start);
  const tokens: Token[] = [];
  let position = start;
  for (;;) {
    const space = matchAt(/[ \t\r\n]*/y, template, position);
    const isEnd = template.startsWith(CLOSE, position + space.length);
    if (isEnd || matchAt(TRIM_AFTER, template, position + space.length - 1) !== '') {
      return closing(template, position, tokens, start);
    }
    position += space.length;
    if (position >= template.length) {
      throw new TemplateError('the action is not closed by }}', start - OPEN.length);
    }
    const { token, end } = scanToken(template, position, space !== '' || tokens.length === 0);
    tokens.push(token);
    position = end;
  }
}

function closing(
  template: string,
  position: number,
  tokens: readonly Token[] | undefined,
  start: number,
): Inside {
  const end = position + matchAt(/[ \t\r\n]*-?\}\}/y, template, position).length;
  if (end === position) {
    throw new TemplateError('the comment is not followed by }}', start);
  }
  if (tokens?.length === 0) throw new TemplateError('the action is empty', start - OPEN.length);
  return { tokens, trimsAfter: template[end - CLOSE.length - 1] === '-', end };
}

const NAME = /[\p{L}_][\p{L}\p{Nd}_]*/uy;
const NUMBER = /[+-]?(0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|[\d_]*\.?[\d_]+([eE][+-]?\d+)?)/y;
const STRING = /"(?:[^"\\\n]|\\[^\n])*"/y;
const RAW_STRING = /`[^`]*`/y;
const CHARACTER = /'(?:[^'\\\n]|\\[^\n]+?)'/y;
const MARKS: readonly Mark[] = [':=', '=', ',', '|', '(', ')', '.'];

function scanToken(
  template: string,
  offset: number,
  spaced: boolean,
): { readonly token: Token; readonly end: number } {
  const place = { offset, spaced };
  const at = (pattern: RegExp, from = offset) => matchAt(pattern, template, from);
  const done = (token: Token, text: string) => ({ token, end: offset + text.length });
  const name = at(NAME);
  if (name !== '') return done({ ...place, kind: 'name', name }, name);
  const own = at(NAME, offset + 1);
  const first = template[offset];
  if (first === '$') return done({ ...place, kind: 'variable', name: own }, `$${own}`);
  if (first === '.' && own !== '') return done({ ...place, kind: 'field', name: own }, `.${own}`);
  const raw = at(RAW_STRING);
  if (raw !== '') return done({ ...place, kind: 'string', value: raw.slice(1, -1) }, raw);
  const text = at(STRING);
  if (text !== '') {
    return done({ ...place, kind: 'string', value: unquote(text.slice(1, -1), offset) }, text);
  }
  const character = at(CHARACTER);
  if (character !== '') {
    const value = BigInt(unquote(character.slice(1, -1), offset).codePointAt(0) ?? 0);
    return done({ ...place, kind: 'int', value }, character);
  }
  const number = at(NUMBER);
  if (number !== '') return done({ ...place, ...numberOf(number, offset) }, number);
  const mark = MARKS.find((each) => template.startsWith(each, offset));
  if (mark !== undefined) return done({ ...place, kind: 'mark', mark }, mark);
  throw new TemplateError(`${JSON.stringify(first)} does not belong here`, offset);
}

const INT_MAX = 2n ** 63n - 1n;

function numberOf(
  text: string,
  offset: number,
):
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number } {
  const plain = text.replaceAll('_', '').replace(/^\+/, '');
  const isHex = /^-?0[xX]/.test(plain);
  if (/[.eE]/.test(plain) && !isHex) {
    const value = Number(plain);
    if (Number.isFinite(value)) return { kind: 'float', value };
    throw new TemplateError(`${text} is not a number`, offset);
  }
  const digits = plain.replace(/^-/, '').replace(/^0(?=\d)/, '0o');
  try {
    const value = BigInt(digits) * (plain.startsWith('-') ? -1n : 1n);
    if (value <= INT_MAX && value >= -INT_MAX - 1n) return { kind: 'int', value };
  } catch {
    // Falls through to the one message for all that is no number.
  }
  throw new TemplateError(`${text} is not a number that Go would take`, offset);
}

function matchAt(pattern: RegExp, text: string, offset: number): string {
  const sticky = pattern;
  sticky.lastIndex = offset;
  return sticky.exec(text)?.[0] ?? '';
}
