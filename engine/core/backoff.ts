export interface BackoffRange {
  /** The longest first pause. */
  readonly baseMs: number;
  /** No pause is longer. */
  readonly capMs: number;
}

/**
 * The pause before another attempt, with full jitter: uniform between 0 and the exponential bound,
 * so that many who failed together do not come back together. `attempt` counts from 0.
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function backoffMs(
  attempt: number,
  { baseMs, capMs }: BackoffRange,
  random: { next(): number },
): number {
  return Math.floor(random.next() * Math.min(capMs, baseMs * 2 ** attempt));
}
