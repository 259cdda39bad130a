import { formatGoFloat } from '../../core/go-text.ts';

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
  if (typeof value === 'number') return formatGoFloat(value);
  return String(value);
}
