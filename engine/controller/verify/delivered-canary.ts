import type { CanaryKey } from '../../../constructs/canary-spec.ts';
import { loadSource } from '../../config/load-source.ts';
import { canaryFolders } from '../../core/paths.ts';
import type { Files } from '../../render/changeset.ts';
import type { ResolvedCanary } from '../../render/resolved-canary.ts';
import { asWritten, labelsShown } from './as-written.ts';

/**
 * The canary as the delivery branch says it: read from the files that were carried over from the
 * source, in one way or in two where they do not tell whether its target is being adopted. What the
 * source alone could tell of its options comes from the record. Nothing where the files are not in
 * order.
 */
export function deliveredCanaries(
  key: CanaryKey,
  files: Files,
  others: Files,
  configDigest: string,
): readonly ResolvedCanary[] {
  const folder = `${canaryFolders(key).workloads}/`;
  const workloads = new Map([...files].filter(([path]) => path.startsWith(folder)));
  const beside = [...others].map(([path, text]) => ({ path, text }));
  const options = { established: new Set([key]), labels: labelsShown(workloads) };
  const readings = (['released', 'adopted'] as const).map((state) => asWritten(workloads, state));
  const different = new Map(readings.map((sources) => [JSON.stringify(sources), sources]));
  return [...different.values()].flatMap((sources) => {
    const { canaries } = loadSource([...sources, ...beside], options);
    const canary = canaries.find((each) => each.key === key);
    return canary === undefined ? [] : { ...canary, configDigest };
  });
}
