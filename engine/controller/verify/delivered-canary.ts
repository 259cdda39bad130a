import type { CanaryKey } from '../../../constructs/canary-spec.ts';
import { loadSource } from '../../config/load-source.ts';
import { canaryFolders } from '../../core/paths.ts';
import type { Files } from '../../render/changeset.ts';
import type { ResolvedCanary } from '../../render/resolved-canary.ts';

/**
 * The canary as the delivery branch says it: read from the files that were carried over from the
 * source. What the source alone could tell of its options comes from the record. Nothing where the
 * files are not in order.
 */
export function deliveredCanary(
  key: CanaryKey,
  files: Files,
  others: Files,
  configDigest: string,
): ResolvedCanary | undefined {
  const folder = `${canaryFolders(key).workloads}/`;
  const written = [...files].filter(([path]) => path.startsWith(folder) && !isPrimary(path));
  const sources = [...written, ...others].map(([path, text]) => ({ path, text }));
  const { canaries } = loadSource(sources, { established: new Set([key]) });
  const canary = canaries.find((each) => each.key === key);
  return canary === undefined ? undefined : { ...canary, configDigest };
}

/** What stands beside the target is generated from it. */
function isPrimary(path: string): boolean {
  return path.endsWith('-primary.yaml');
}
