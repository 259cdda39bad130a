import { manifestYaml } from '../../constructs/manifest-yaml.ts';
import type { Manifest } from '../../constructs/manifest.ts';
import { canaryFolders, manifestFileName } from '../core/paths.ts';
import type { Files } from './changeset.ts';
import type { ResolvedCanary } from './resolved-canary.ts';

/** Manifests as the files of a canary's `traffic/` folder. */
export function trafficFolder({ key }: ResolvedCanary, manifests: readonly Manifest[]): Files {
  const folder = canaryFolders(key).traffic;
  return new Map(
    manifests.map((manifest) => [
      `${folder}/${manifestFileName(manifest.kind, manifest.metadata.name)}`,
      manifestYaml(manifest),
    ]),
  );
}
