import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { ALERT_SERVICES } from '../../constructs/canary-spec.ts';
import { PHASES } from '../../engine/core/phase.ts';

interface Definition {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly names: { readonly kind: string }; readonly versions: Version[] };
}

interface Version {
  readonly name: string;
  readonly subresources: object;
  readonly additionalPrinterColumns: readonly {
    readonly name: string;
    readonly priority?: number;
  }[];
  readonly schema: { readonly openAPIV3Schema: Schema };
}

interface Schema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

const FILE = join(import.meta.dirname, '../../imports/crds/flagger.yaml');

const definitions = new Map(
  parseAllDocuments(readFileSync(FILE, 'utf8')).map((document) => {
    const definition = document.toJS() as Definition;
    return [definition.spec.names.kind, definition];
  }),
);

function versionOf(kind: string): Version {
  const [version, ...others] = definitions.get(kind)?.spec.versions ?? [];
  expect(others).toEqual([]);
  if (version === undefined) throw new Error(`there is no ${kind}`);
  return version;
}

describe('the definitions that are installed on a cluster', () => {
  it('are those of Flagger', () => {
    expect([...definitions.values()].map(({ metadata }) => metadata.name)).toEqual([
      'canaries.flagger.app',
      'metrictemplates.flagger.app',
      'alertproviders.flagger.app',
    ]);
  });

  it.each([...definitions.keys()])('keep the status of a %s out of its spec', (kind) => {
    const { name, subresources } = versionOf(kind);
    expect({ name, subresources }).toEqual({ name: 'v1beta1', subresources: { status: {} } });
  });

  it('print a canary as Flagger does: phase, weight, last transition', () => {
    const columns = versionOf('Canary').additionalPrinterColumns;
    const narrow = columns.filter(({ priority = 0 }) => priority === 0).map(({ name }) => name);
    expect(narrow).toEqual(['Status', 'Weight', 'LastTransitionTime']);
  });

  it('accept every service that alerts can be sent to', () => {
    const { spec } = versionOf('AlertProvider').schema.openAPIV3Schema.properties ?? {};
    expect(spec?.properties?.['type']?.enum?.toSorted()).toEqual([...ALERT_SERVICES].toSorted());
  });

  it('accept every phase that the engine writes', () => {
    const { status } = versionOf('Canary').schema.openAPIV3Schema.properties ?? {};
    expect(status?.properties?.['phase']?.enum).toEqual(expect.arrayContaining([...PHASES]));
  });
});
