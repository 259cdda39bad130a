import type { CanaryKey } from '../../../constructs/canary-spec.ts';
import { loadSource } from '../../config/load-source.ts';
import { canaryFolders } from '../../core/paths.ts';
import type { Files } from '../../render/changeset.ts';
import type { ResolvedCanary } from '../../render/resolved-canary.ts';
import { asWritten, labelsShown } from './as-written.ts';

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
  const workloads = new Map([...files].filter(([path]) => path.startsWith(folder)));
  const sources = [...asWritten(workloads), ...[...others].map(([path, text]) => ({ path, text }))];
  const options = { established: new Set([key]), labels: labelsShown(workloads) };
  const { canaries } = loadSource(sources, options);
  const canary = canaries.find((each) => each.key === key);
  return canary === undefined ? undefined : { ...canary, configDigest };
}
