/**
 * Instants are milliseconds since 1970 in memory and ISO 8601 in UTC in files. These two functions
 * only convert; they never ask what time it is.
 */
/* oxlint-disable no-restricted-globals -- conversion of a given instant, no clock is read */

export function formatInstant(instantMs: number): string {
  return new Date(instantMs).toISOString();
}

/** Nothing for a text that is no instant. */
export function parseInstant(text: string): number | undefined {
  const instantMs = Date.parse(text);
  return Number.isNaN(instantMs) ? undefined : instantMs;
}
