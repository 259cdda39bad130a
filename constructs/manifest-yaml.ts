import { isMap, parse, parseDocument, type SchemaOptions, stringify } from 'yaml';
import type { Manifest } from './manifest.ts';

/**
 * Kubernetes reads YAML 1.1, where a bare `yes` is a boolean and `0644` is octal, and it takes the
 * octal `0o17` of YAML 1.2 as well. Reading and writing by the same rules keeps a string a string
 * on its way through Git.
 * @see https://yaml.org/type/bool.html
 */
const DIALECT = {
  version: '1.1',
  customTags: (tags) => [...tags, 'intOct'],
} satisfies SchemaOptions & { version: '1.1' };

/** A manifest as a file: keys sorted, no aliases, lines not folded; equal objects, equal bytes. */
export function manifestYaml(manifest: Manifest): string {
  return stringify(manifest, {
    ...DIALECT,
    sortMapEntries: true,
    aliasDuplicateObjects: false,
    lineWidth: 0,
  });
}

/** Reads what `manifestYaml` wrote. */
export function parseManifestYaml(text: string): unknown {
  return parse(text, { ...DIALECT, maxAliasCount: 0 });
}

/** The same file with other annotations; comments and the order of things stay. Absent: taken away. */
export function annotateYaml(
  text: string,
  changes: Readonly<Record<string, string | undefined>>,
): string {
  const document = parseDocument(text, DIALECT);
  const path = ['metadata', 'annotations'];
  for (const [key, value] of Object.entries(changes)) {
    if (!isMap(document.getIn(path))) {
      if (value !== undefined) document.setIn(path, document.createNode({ [key]: value }));
    } else if (value !== undefined) document.setIn([...path, key], value);
    else document.deleteIn([...path, key]);
  }
  const left = document.getIn(path);
  if (isMap(left) && left.items.length === 0) document.deleteIn(path);
  return document.toString({ lineWidth: 0 });
}
