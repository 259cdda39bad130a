/** What a template computes with: `bigint` is Go's int, `number` its float64. */
export type Value =
  string | bigint | number | boolean | null | ReadonlyMap<string, string> | Absent;

/**
 * What `index` finds at a key that a map has not. Go says an empty string; here it can be asked for
 * and compared, but not printed: a query with a hole in it selects something else.
 */
export class Absent {
  constructor(readonly key: string) {}
}

/** Says which variable a template asked for in vain. */
export class MissingVariable extends RangeError {
  constructor(readonly key: string) {
    super(`there is no variable ${key}`);
  }
}

/** @see https://pkg.go.dev/text/template#hdr-Actions */
export function isTrue(value: Value): boolean {
  if (value instanceof Absent) return false;
  if (typeof value === 'object') return value !== null && value.size > 0;
  return value !== '' && value !== 0n && value !== 0 && value !== false;
}

/** With its article, for messages. */
export function kindOf(value: Value): string {
  if (value instanceof Absent || typeof value === 'string') return 'a string';
  if (typeof value === 'object') return value === null ? 'nil' : 'a map';
  if (typeof value === 'bigint') return 'an int';
  return typeof value === 'number' ? 'a float64' : 'a bool';
}

/**
 * The text of a value, as it stands in a query.
 *
 * @throws RangeError for one that Go would print as something that no query is made of.
 */
export function textOf(value: Value): string {
  if (value instanceof Absent) throw new MissingVariable(value.key);
  if (value === null) throw new RangeError('there is no value here to print');
  if (typeof value === 'object') throw new RangeError('a map cannot be printed');
  if (typeof value === 'number') return shortestFloat(value, SHORTEST_EXPONENT_MIN);
  return String(value);
}

/** From 1e6 on a float without a given precision has an exponent. */
export const SHORTEST_EXPONENT_MIN = 6;

/** Go's %v and %g: with an exponent below 1e-4 and from 1e`exponentMin` on. */
export function shortestFloat(value: number, exponentMin: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const exponent = value === 0 ? 0 : Number(value.toExponential().split('e')[1]);
  if (exponent < -4 || exponent >= exponentMin) return exponential(value.toExponential());
  return Object.is(value, -0) ? '-0' : String(value);
}

/** Go writes at least two digits of an exponent. */
export function exponential(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}
