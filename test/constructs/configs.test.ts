import { describe, expect, it } from 'vitest';
import type { ConfigManifest, PodTemplate } from '../../constructs/manifest.ts';
import { configCopy } from '../../constructs/workloads/config-copy.ts';
import { configReferences, renameConfigs } from '../../constructs/workloads/config-references.ts';

const container = (name: string) => ({
  name,
  env: [
    { name: 'PLAIN', value: 'x' },
    { name: 'A', valueFrom: { configMapKeyRef: { name: `${name}-env`, key: 'a' } } },
    { name: 'B', valueFrom: { secretKeyRef: { name: `${name}-key`, key: 'b', optional: true } } },
    { name: 'C', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  ],
  envFrom: [{ configMapRef: { name: `${name}-all` } }, { secretRef: { name: `${name}-secrets` } }],
});

const template: PodTemplate = {
  metadata: { labels: { app: 'reviews' } },
  spec: {
    containers: [container('main'), { name: 'bare' }],
    initContainers: [container('init')],
    imagePullSecrets: [{ name: 'registry' }],
    serviceAccountName: 'main-env',
    volumes: [
      { name: 'a', configMap: { name: 'files', items: [] } },
      { name: 'b', secret: { secretName: 'tls', optional: true } },
      { name: 'c', emptyDir: {} },
      {
        name: 'd',
        projected: {
          sources: [
            { configMap: { name: 'files' } },
            { secret: { name: 'tls' } },
            { serviceAccountToken: { path: 'token' } },
          ],
        },
      },
    ],
  },
};

describe('what pods read', () => {
  it('is found in variables, volumes and projected volumes, of init containers too', () => {
    const found = configReferences(template).map(
      ({ kind, name, optional }) => `${kind} ${name}${optional ? '?' : ''}`,
    );
    expect(found.toSorted()).toEqual([
      'ConfigMap files',
      'ConfigMap files',
      'ConfigMap init-all',
      'ConfigMap init-env',
      'ConfigMap main-all',
      'ConfigMap main-env',
      'Secret init-key?',
      'Secret init-secrets',
      'Secret main-key?',
      'Secret main-secrets',
      'Secret tls',
      'Secret tls?',
    ]);
  });

  it('is said with its place', () => {
    const [first] = configReferences(template);
    expect(first?.path).toEqual([
      'spec',
      'containers',
      0,
      'env',
      1,
      'valueFrom',
      'configMapKeyRef',
      'name',
    ]);
  });

  it('can be renamed, and nothing else changes', () => {
    const renamed = renameConfigs(template, ({ kind, name }) => `${kind}-${name}`);
    const back = renameConfigs(renamed, ({ kind, name }) => name.slice(kind.length + 1));
    expect(JSON.stringify(renamed)).toContain('"secretName":"Secret-tls"');
    expect(back).toEqual(template);
    expect(renameConfigs(template, ({ name }) => name)).toEqual(template);
  });

  it.each([
    ['no pods at all', {}],
    ['lists that are none', { spec: { containers: 'x', volumes: { a: 1 }, initContainers: null } }],
    [
      'references that are none',
      { spec: { volumes: [1, null, { configMap: 'x' }, { secret: 1 }] } },
    ],
    ['names that are none', { spec: { volumes: [{ configMap: { name: 5 } }] } }],
  ] as const)('is nothing where a template has %s', (_, odd) => {
    expect(configReferences(odd)).toEqual([]);
    expect(renameConfigs(odd, () => 'other')).toEqual(odd);
  });
});

describe('a copy', () => {
  const config = (differing: Partial<ConfigManifest> = {}): ConfigManifest => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'settings', namespace: 'shop', annotations: { a: '1' } },
    data: { b: '2', a: '1' },
    ...differing,
  });
  const nameOf = (differing: Partial<ConfigManifest>, owner = 'shop/cart') =>
    configCopy(config(differing), owner).metadata.name;

  it('has a name that follows its content, and cannot be changed', () => {
    expect(configCopy(config({ binaryData: { c: 'AAEC' } }), 'shop/cart')).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: expect.stringMatching(/^settings-[0-9a-f]{12}$/), namespace: 'shop' },
      immutable: true,
      data: { a: '1', b: '2' },
      binaryData: { c: 'AAEC' },
    });
  });

  it('has a name that the API server takes, however long the name it was written under', () => {
    const copy = configCopy(config({ metadata: { name: 'a'.repeat(253) } }), 'shop/cart');
    expect(copy.metadata.name).toMatch(/^a{240}-[0-9a-f]{12}$/);
    expect(configCopy(copy, 'shop/cart')).toEqual(copy);
  });

  it('of the same content is the same, whatever the order and whatever else is written', () => {
    const same = nameOf({});
    expect(nameOf({ data: { a: '1', b: '2' } })).toBe(same);
    expect(nameOf({ immutable: true })).toBe(same);
    expect(nameOf({ metadata: { name: 'settings', labels: { team: 'a' } } })).toBe(same);
  });

  it.each([
    ['data', { data: { a: '1', b: '3' } }],
    ['binary data', { binaryData: { c: 'AAED' } }],
    ['a type', { type: 'kubernetes.io/tls' }],
    ['another kind', { kind: 'Secret' as const }],
  ])('of other content is another: %s', (_, differing) => {
    expect(nameOf(differing)).not.toBe(nameOf({}));
  });

  it('of a copy is that copy, of the same canary', () => {
    const copy = configCopy(config(), 'shop/cart');
    expect(configCopy(copy, 'shop/cart')).toEqual(copy);
    expect(configCopy(copy, 'shop/ratings').metadata.name).not.toBe(copy.metadata.name);
  });

  it('belongs to one canary: two that share a ConfigMap have one each', () => {
    expect(nameOf({}, 'shop/ratings')).not.toBe(nameOf({}));
  });

  it('has the labels of the ConfigMap that are to be taken over', () => {
    const labelled = config({
      metadata: { name: 'settings', labels: { 'team/a': 'x', app: 'y' } },
    });
    expect(configCopy(labelled, 'shop/cart').metadata).not.toHaveProperty('labels');
    expect(configCopy(labelled, 'shop/cart', ['team/']).metadata.labels).toEqual({ 'team/a': 'x' });
  });

  it('of a Secret holds texts as the API server would keep them', () => {
    const secret = config({
      kind: 'Secret',
      type: 'Opaque',
      data: { a: 'b25l', b: 'eA==' },
      stringData: { b: 'zwölf', c: '' },
    });
    expect(configCopy(secret, 'shop/cart')).toMatchObject({
      type: 'Opaque',
      data: { a: 'b25l', b: Buffer.from('zwölf').toString('base64'), c: '' },
    });
    expect(configCopy(secret, 'shop/cart')).not.toHaveProperty('stringData');
  });
});
