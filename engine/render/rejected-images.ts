import { parseManifestYaml } from '../../constructs/manifest-yaml.ts';
import type { PodTemplate, TargetManifest } from '../../constructs/manifest.ts';
import { containersOf } from '../core/origin.ts';
import type { RenderInput } from './render.ts';
import { targetPath } from './workload-files.ts';

/**
 * What the pods of a rejected revision run as the delivery branch has them, each image once. A revision
 * that was turned down before it started never stood there.
 */
export function rejectedImages({ canary, change, delivered }: RenderInput): readonly string[] {
  const committed = delivered.get(targetPath(canary));
  if (change.kind === 'reject' || committed === undefined) return [];
  const { spec } = parseManifestYaml(committed) as TargetManifest;
  if (!('template' in spec)) return [];
  const images = containersOf(spec.template as PodTemplate).map(({ image }) => image);
  return [...new Set(images.filter((image) => typeof image === 'string'))];
}
