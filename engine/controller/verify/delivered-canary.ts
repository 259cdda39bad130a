import type { CanaryKey } from '../../../constructs/canary-spec.ts';
import { readLeftCanary } from '../../config/left-canary.ts';
import { type LoadedSource, loadSource } from '../../config/load-source.ts';
import { canaryFolders, canaryPath, recordPath } from '../../core/paths.ts';
import type { Files } from '../../render/changeset.ts';
import { parseRecord } from '../../render/record-file.ts';
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
    const { canaries, source } = loadSource([...sources, ...beside], options);
    const canary = canaries.find((each) => each.key === key) ?? leavingCanary(key, files, source);
    return canary === undefined ? [] : { ...canary, configDigest };
  });
}

/** What it names beside its target may have left the branch before it. */
function leavingCanary(
  key: CanaryKey,
  files: Files,
  source: LoadedSource['source'],
): ResolvedCanary | undefined {
  const record = parseRecord(files.get(recordPath(key)) ?? '', key);
  const isLeaving = record.kind === 'record' && record.record.phase === 'Terminating';
  const path = canaryPath(key);
  const text = files.get(path);
  return isLeaving && text !== undefined ? readLeftCanary(path, text, source) : undefined;
}
