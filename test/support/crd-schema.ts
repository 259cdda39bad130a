import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { parseAllDocuments } from 'yaml';
import type { Manifest } from '../../constructs/index.ts';

const CRDS = join(import.meta.dirname, '../../imports/crds');

interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly schema: { readonly openAPIV3Schema: Schema };
    }[];
  };
}

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly items?: Schema | undefined;
  readonly additionalProperties?: Schema | boolean | undefined;
  readonly [keyword: string]: unknown;
}

const formats = { int32: true, int64: true, double: true, byte: true } as const;
const ajv = new Ajv({ strict: false, allErrors: true, formats });
const validators = new Map<string, ValidateFunction>();

for (const file of ['istio.yaml', 'gateway-api.yaml']) {
  for (const document of parseAllDocuments(readFileSync(join(CRDS, file), 'utf8'))) {
    const { group, names, versions } = (document.toJS() as Definition).spec;
    for (const { name, schema } of versions) {
      const id = `${group}/${name}/${names.kind}`;
      const { spec } = schema.openAPIV3Schema.properties ?? {};
      if (spec !== undefined) validators.set(id, ajv.compile(closed(spec)));
    }
  }
}

/** The API server takes unknown fields out without a word: here they are mistakes. */
function closed(schema: Schema): Schema {
  const { properties, items, additionalProperties: others } = schema;
  return {
    ...schema,
    items: items && closed(items),
    properties: properties && mapped(properties, closed),
    additionalProperties:
      typeof others === 'object' ? closed(others) : (others ?? properties === undefined),
  };
}

function mapped<From, To>(
  values: Readonly<Record<string, From>>,
  change: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value)]));
}

/**
 * What the schema of an object's own definition says against its spec; nothing of its rules in CEL,
 * which only a server knows.
 */
export function schemaErrors(manifest: Manifest): readonly string[] {
  const { apiVersion, kind, metadata } = manifest;
  const validate = validators.get(`${apiVersion}/${kind}`);
  if (validate === undefined) throw new Error(`there is no definition of ${apiVersion} ${kind}`);
  if (validate(manifest['spec'])) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${kind} ${metadata.name}: spec${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** The kinds whose definitions stand in `imports/crds/`. */
export function hasSchema({ apiVersion, kind }: Manifest): boolean {
  return validators.has(`${apiVersion}/${kind}`);
}
