import type { RejectedRevision } from './record.ts';

/** The entries that still count: whose time is over is forgotten, and its revision may be tried anew. */
export function inForce(
  entries: readonly RejectedRevision[],
  nowMs: number,
): readonly RejectedRevision[] {
  const isOver = ({ expiresAtMs = Number.POSITIVE_INFINITY }: RejectedRevision) =>
    expiresAtMs <= nowMs;
  return entries.some(isOver) ? entries.filter((entry) => !isOver(entry)) : entries;
}
