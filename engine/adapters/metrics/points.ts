import type { Measurement } from '../../core/observation.ts';

/** A value of a time series; `atMs` is the beginning of the bucket it stands for. */
export interface Point {
  readonly atMs: number;
  readonly value: number | null;
}

export interface Window {
  readonly nowMs: number;
  /** Of the check. */
  readonly intervalMs: number;
  /** Length of a bucket, where the server says it. */
  readonly bucketMs?: number;
}

/** Servers lag; what is older than this many intervals says nothing about the step under way. */
export const INTERVALS_BACK_MAX = 3;

/**
 * The newest value of a series whose bucket is over: a bucket that still fills up shows less than
 * there is. An old value is none, or a canary that fell silent would go on passing.
 */
export function newestValue(points: readonly Point[], window: Window): Measurement {
  const { nowMs, intervalMs, bucketMs = 0 } = window;
  const values = points.filter(({ value }) => value !== null);
  if (values.length === 0) return { kind: 'empty', why: 'the series has no values' };
  const newest = values
    .filter(({ atMs }) => atMs + bucketMs <= nowMs)
    .toSorted((a, b) => a.atMs - b.atMs)
    .at(-1);
  if (newest?.value === undefined || newest.value === null) {
    return { kind: 'empty', why: 'the only values are of a time that is not over' };
  }
  const ageMs = nowMs - (newest.atMs + bucketMs);
  if (ageMs > INTERVALS_BACK_MAX * intervalMs) {
    const why = `the newest value is ${Math.round(ageMs / 1000)} s old, more than ${INTERVALS_BACK_MAX} intervals`;
    return { kind: 'empty', why };
  }
  return { kind: 'value', value: newest.value };
}

/** One series was asked for; which of several is meant, nobody can say. */
export function onlyOne<T>(
  found: readonly T[],
  what: string,
  measure: (one: T) => Measurement,
): Measurement {
  const [one, ...others] = found;
  if (one === undefined) return { kind: 'empty', why: `the query found no ${what}` };
  if (others.length === 0) return measure(one);
  return { kind: 'error', why: `the query found ${found.length} ${what} instead of one` };
}
