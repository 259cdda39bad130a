import type { ManifestMetadata, WorkloadManifest } from '../manifest.ts';
import { primaryValue, type SelectorLabel } from '../selector-label.ts';
import { keptLabels } from './clean-manifest.ts';

/** What a workload's primary is told apart by. */
export interface PrimaryOf {
  readonly namespace: string;
  readonly label: SelectorLabel;
  readonly labelPrefixes: readonly string[] | undefined;
}

/** What the primary is called, and what of the target's labels and annotations it takes over. */
export function primaryMetadata(
  target: WorkloadManifest,
  { namespace, label, labelPrefixes }: PrimaryOf,
): ManifestMetadata {
  const { name, labels, annotations } = target.metadata;
  return {
    name: `${name}-primary`,
    namespace,
    labels: { ...keptLabels(labels, labelPrefixes), [label.key]: primaryValue(label) },
    ...(annotations === undefined ? {} : { annotations }),
  };
}

/** The fields of a spec that the primary has as the target has them; absent ones stay absent. */
export function copied(
  spec: WorkloadManifest['spec'],
  fields: readonly string[],
): Record<string, WorkloadManifest['spec'][string]> {
  const present = fields.filter((field) => spec[field] !== undefined);
  return Object.fromEntries(present.map((field) => [field, spec[field]]));
}
