import { parseManifestYaml } from '../../constructs/manifest-yaml.ts';
import type { Json, JsonObject, TargetManifest } from '../../constructs/manifest.ts';
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
  const pod = (spec.template as { readonly spec?: JsonObject }).spec;
  const containers = [...listOf(pod?.['initContainers']), ...listOf(pod?.['containers'])];
  const images = containers.flatMap((container) => {
    const { image } = container as { readonly image?: unknown };
    return typeof image === 'string' ? [image] : [];
  });
  return [...new Set(images)];
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
