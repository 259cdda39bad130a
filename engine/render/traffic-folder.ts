import { LRUCache } from 'lru-cache';
import { manifestYaml, parseManifestYaml } from '../../constructs/manifest-yaml.ts';
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
      textOf(manifest),
    ]),
  );
}

/**
 * What was written before, by what it was made of. Of the objects of a folder a step changes one, and to
 * write the others again is half of the work of a decision. They are some five kilobytes for each canary.
 */
const TEXTS = new LRUCache<string, string>({
  maxSize: 6 * 1024 * 1024,
  sizeCalculation: (text, json) => text.length + json.length,
});

function textOf(manifest: Manifest): string {
  const json = JSON.stringify(manifest);
  const known = TEXTS.get(json);
  if (known !== undefined) return known;
  const text = manifestYaml(manifest);
  TEXTS.set(json, text);
  WRITTEN.set(text, json);
  return text;
}

/** What was just written is read once its commit is on the branch. */
const WRITTEN = new LRUCache<string, string>({ max: 256 });

/** The object of such a file. One that was written a moment ago need not be parsed as YAML. */
export function parseTrafficFile(text: string): unknown {
  const json = WRITTEN.get(text);
  return json === undefined ? parseManifestYaml(text) : JSON.parse(json);
}
