import { parse, stringify } from 'yaml';
import type { Manifest } from './manifest.ts';

/**
 * Kubernetes reads YAML 1.1, where a bare `yes` is a boolean and `0644` is octal. Reading and
 * writing by the same rules keeps a string a string on its way through Git.
 * @see https://yaml.org/type/bool.html
 */
const YAML_VERSION = '1.1';

/** A manifest as a file: keys sorted, no aliases, no folded lines; equal objects give equal bytes. */
export function manifestYaml(manifest: Manifest): string {
  return stringify(manifest, {
    version: YAML_VERSION,
    sortMapEntries: true,
    aliasDuplicateObjects: false,
    lineWidth: 0,
  });
}

/** Reads what `manifestYaml` wrote. */
export function parseManifestYaml(text: string): unknown {
  return parse(text, { version: YAML_VERSION, maxAliasCount: 0 });
}
