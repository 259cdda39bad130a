import { sprintf } from './printf.ts';
import { Absent, isTrue, textOf, kindOf, type Value } from './value.ts';

type Apply = (...args: readonly Value[]) => Value;

interface Builtin {
  readonly apply: Apply;
  readonly min: number;
  readonly max: number;
}

/** `and` and `or` evaluate no more arguments than they need: see `evaluate.ts`. */
export const SHORT_CIRCUITS: readonly string[] = ['and', 'or'];

/**
 * Go's predefined functions, except `call`, for which a template has no values.
 * @see https://pkg.go.dev/text/template#hdr-Functions
 */
const BUILTINS: Readonly<Record<string, Builtin>> = {
  not: builtin(1, 1, (value = null) => !isTrue(value)),
  len: builtin(1, 1, (value = null) => lengthOf(value)),
  index: builtin(1, 3, (value = null, ...keys) => keys.reduce(indexed, value)),
  slice: builtin(1, 3, (value = null, from = 0n, to) => sliced(value, from, to)),
  print: builtin(0, Infinity, (...values) => printed(values, needsSpace)),
  println: builtin(0, Infinity, (...values) => `${printed(values, () => true)}\n`),
  printf: builtin(1, Infinity, (format = null, ...values) => sprintf(stringOf(format), values)),
  html: builtin(1, Infinity, (...values) => html(printed(values, needsSpace))),
  js: builtin(1, Infinity, (...values) => js(printed(values, needsSpace))),
  urlquery: builtin(1, Infinity, (...values) => urlQuery(printed(values, needsSpace))),
  eq: builtin(2, Infinity, (value = null, ...others) =>
    others.some((other) => compare(value, other) === 0),
  ),
  ne: builtin(2, 2, (a = null, b = null) => compare(a, b) !== 0),
  lt: builtin(2, 2, (a = null, b = null) => ordered(a, b) < 0),
  le: builtin(2, 2, (a = null, b = null) => ordered(a, b) <= 0),
  gt: builtin(2, 2, (a = null, b = null) => ordered(a, b) > 0),
  ge: builtin(2, 2, (a = null, b = null) => ordered(a, b) >= 0),
};

export const BUILTIN_NAMES: readonly string[] = [...SHORT_CIRCUITS, ...Object.keys(BUILTINS)];

/** @throws RangeError for arguments that the function cannot take. */
export function callBuiltin(name: string, args: readonly Value[]): Value {
  const found = BUILTINS[name];
  if (found === undefined) throw new RangeError(`there is no function ${name}`);
  if (args.length < found.min || args.length > found.max) {
    const wanted = found.min === found.max ? String(found.min) : `at least ${found.min}`;
    throw new RangeError(`${name} takes ${wanted} arguments, not ${args.length}`);
  }
  return found.apply(...args);
}

function builtin(min: number, max: number, apply: Apply): Builtin {
  return { apply, min, max };
}

function lengthOf(value: Value): bigint {
  if (value instanceof Absent) return 0n;
  if (typeof value === 'string') return BigInt(new TextEncoder().encode(value).length);
  if (typeof value === 'object' && value !== null) return BigInt(value.size);
  throw new RangeError(`${kindOf(value)} has no length`);
}

function indexed(value: Value, key: Value): Value {
  if (typeof value !== 'object' || value === null || value instanceof Absent) {
    throw new RangeError(`index finds nothing in ${kindOf(value)}`);
  }
  const name = stringOf(key);
  return value.get(name) ?? new Absent(name);
}

function sliced(value: Value, from: Value, to: Value | undefined): string {
  const text = stringOf(value);
  const end = to === undefined ? BigInt(text.length) : to;
  const isWithin = typeof from === 'bigint' && typeof end === 'bigint' && 0n <= from && from <= end;
  // Go counts bytes: only where a character is one do both mean the same.
  if (!isWithin || end > BigInt(text.length) || !/^[\x00-\x7f]*$/.test(text)) {
    throw new RangeError(`slice finds no such part in ${JSON.stringify(text)}`);
  }
  return text.slice(Number(from), Number(end));
}

function stringOf(value: Value): string {
  if (typeof value === 'string') return value;
  if (value instanceof Absent) return textOf(value);
  throw new RangeError(`a string is expected, not ${kindOf(value)}`);
}

function printed(
  values: readonly Value[],
  isSpaced: (before: Value, after: Value) => boolean,
): string {
  let text = '';
  for (const [index, value] of values.entries()) {
    const before = values[index - 1];
    text += (before !== undefined && isSpaced(before, value) ? ' ' : '') + textOf(value);
  }
  return text;
}

/** Go's fmt.Sprint puts a space between two operands of which none is a string. */
function needsSpace(before: Value, after: Value): boolean {
  return typeof before !== 'string' && typeof after !== 'string';
}

const HTML: Readonly<Record<string, string>> = {
  '\0': '\uFFFD',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

function html(text: string): string {
  return text.replaceAll(/[\0"'&<>]/g, (character) => HTML[character] ?? character);
}

function js(text: string): string {
  return text.replaceAll(/[\\'"<>&=]|[\x00-\x1f]|(?! )[\u0080-\uffff]/gu, (character) => {
    if (character === '\\' || character === "'" || character === '"') return `\\${character}`;
    const code = character.codePointAt(0) ?? 0;
    if (code >= 0x80 && !/[\p{C}\p{Z}]/u.test(character)) return character;
    return `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

/** Go's url.QueryEscape. */
function urlQuery(text: string): string {
  return encodeURIComponent(text)
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

function compare(a: Value, b: Value): number {
  const [left, right] = [comparable(a), comparable(b)];
  if (left === null || right === null) return left === right ? 0 : 1;
  if (typeof left !== typeof right) {
    throw new RangeError(`${kindOf(a)} cannot be compared with ${kindOf(b)}`);
  }
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function ordered(a: Value, b: Value): number {
  if (typeof a === 'boolean' || a === null || b === null) {
    throw new RangeError(`${kindOf(a)} and ${kindOf(b)} have no order`);
  }
  return compare(a, b);
}

function comparable(value: Value): string | bigint | number | boolean | null {
  if (value instanceof Absent) return '';
  if (typeof value === 'object' && value !== null) throw new RangeError('a map cannot be compared');
  return value;
}
