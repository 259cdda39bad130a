import type { Duration } from 'cdk8s';
import { PropertyError } from './property-error.ts';

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;

/**
 * A duration as Flagger writes it, in the largest unit that divides it: `1m`, `90s`, `500ms`. Never
 * hours: the definition of a Canary accepts an interval of `60m`, but none of `1h`.
 */
export function goDuration(duration: Duration): string {
  return durationText(duration.toMilliseconds());
}

export function durationText(ms: number): string {
  if (ms % MINUTE_MS === 0) return `${ms / MINUTE_MS}m`;
  if (ms % SECOND_MS === 0) return `${ms / SECOND_MS}s`;
  return `${ms}ms`;
}

/** @throws PropertyError when the duration is shorter than the bound, or not in whole seconds. */
export function requireSeconds(property: string, duration: Duration, minSeconds: number): void {
  const ms = duration.toMilliseconds({ integral: false });
  if (ms >= minSeconds * SECOND_MS && ms % SECOND_MS === 0) return;
  const rule = `it must be whole seconds, at least ${minSeconds}`;
  const remedy = `write for example Duration.seconds(${minSeconds})`;
  throw new PropertyError(property, `${ms / SECOND_MS} seconds`, rule, remedy);
}
