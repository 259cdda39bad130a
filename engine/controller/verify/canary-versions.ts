import type { BranchHistory } from '../../ports/branch-history.ts';
import { HEAL } from '../../render/heal.ts';
import { trailersOf } from './commit-rules.ts';

/** Versions of each Canary in the order they were delivered: the commit's number, and the content. */
export type CanaryVersions = ReadonlyMap<string, readonly (readonly [at: number, blob: string])[]>;

/** A decision may go by options that only a later commit carries over. */
export async function canaryVersions(history: BranchHistory): Promise<CanaryVersions> {
  const versions = new Map<string, (readonly [number, string])[]>();
  let at = 0;
  for await (const portion of history.commits()) {
    for (const { changes, message } of portion) {
      at += 1;
      const decision = trailersOf(message).get('Decision');
      // What people edited, and what that was put back to, is no version of the source.
      if (decision === undefined || decision === HEAL) continue;
      for (const { path, after } of changes) {
        if (after === undefined || !CANARY_FILE.test(path)) continue;
        versions.set(path, [...(versions.get(path) ?? []), [at, after]]);
      }
    }
  }
  return versions;
}

const CANARY_FILE = /^workloads\/[^/]+\/[^/]+\/canary-[^/]+\.yaml$/;
