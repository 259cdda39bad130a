// Cuts a file of custom resource definitions down to the kinds and the one version that are used,
// and takes every description out: `node scripts/strip-crds.mjs FILE VERSION KIND…`, to stdout.
import { readFileSync } from 'node:fs';
import { parseAllDocuments, stringify } from 'yaml';

const [file, version, ...kinds] = process.argv.slice(2);
const documents = parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS());
const wanted = documents.filter((crd) => kinds.includes(crd?.spec?.names.kind));
process.stdout.write(wanted.map((crd) => stringify(stripped(crd))).join('---\n'));

function stripped({ apiVersion, kind, metadata, spec }) {
  const versions = spec.versions
    .filter(({ name }) => name === version)
    .map(({ name, schema, subresources }) => ({
      name,
      served: true,
      storage: true,
      schema: withoutTexts(schema),
      ...(subresources === undefined ? {} : { subresources }),
    }));
  const { group, names, scope } = spec;
  return {
    apiVersion,
    kind,
    metadata: { name: metadata.name },
    spec: { group, names, scope, versions },
  };
}

/** A property may itself be called `description`; a text has a string for its value. */
function withoutTexts(node) {
  if (Array.isArray(node)) return node.map(withoutTexts);
  if (typeof node !== 'object' || node === null) return node;
  const kept = Object.entries(node).filter(
    ([key, value]) => !(key === 'description' && typeof value === 'string'),
  );
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutTexts(value)]));
}
