import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadSource } from '../../../engine/config/load-source.ts';
import { aCanaryFile, aDeploymentFile } from '../../support/manifests.ts';

type Fields = Readonly<Record<string, unknown>>;

const configMap = (name: string, more: Fields = { data: { a: '1' } }) =>
  stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...more });
const secret = (name: string, more: Fields = { stringData: { a: 'hidden' } }) =>
  stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, ...more });

/** A Deployment whose container takes its variables from these, each `ConfigMap/x` or `Secret/x?`. */
function reading(names: readonly string[], annotations = ''): string {
  const envFrom = names.map((written) => {
    const [kind = '', name = ''] = written.replace('?', '').split('/');
    const reference = { name, ...(written.endsWith('?') ? { optional: true } : {}) };
    return kind === 'Secret' ? { secretRef: reference } : { configMapRef: reference };
  });
  return aDeploymentFile({ env: { MODE: 'x' } })
    .replace('metadata:\n  name: reviews', `metadata:\n  name: reviews${annotations}`)
    .replace('          env:', `          envFrom: ${JSON.stringify(envFrom)}\n          env:`);
}

function load(names: readonly string[], texts: readonly string[], annotations?: string) {
  const files = [aCanaryFile(), reading(names, annotations), ...texts].map((text, index) => ({
    path: `${index}.yaml`,
    text,
  }));
  const { canaries, problems, others } = loadSource(files, { established: new Set() });
  const [canary] = canaries;
  const target = canary?.target.kind === 'Deployment' ? canary.target : undefined;
  const containers = (target?.spec.template.spec?.['containers'] ?? []) as readonly {
    readonly envFrom?: readonly Readonly<Record<string, { readonly name: string }>>[];
  }[];
  const read = (containers[0]?.envFrom ?? []).flatMap((each) =>
    Object.values(each).map(({ name }) => name),
  );
  return { canary, problems, others, read };
}

const COPY = /^(settings|password)-[0-9a-f]{12}$/;

describe('configuration of the source', () => {
  it('is read as a copy under a name of its own, and stays carried over as it was written', () => {
    const { canary, read, others, problems } = load(
      ['ConfigMap/settings', 'Secret/password'],
      [configMap('settings'), secret('password')],
    );
    expect(problems).toEqual([]);
    expect(canary?.configs.map(({ kind }) => kind)).toEqual(['ConfigMap', 'Secret']);
    expect(read).toEqual(canary?.configs.map(({ metadata }) => metadata.name));
    expect(read).toEqual([expect.stringMatching(COPY), expect.stringMatching(COPY)]);
    expect([...others.keys()]).toEqual([
      'workloads/default/_other/configmap-settings.yaml',
      'workloads/default/_other/secret-password.yaml',
    ]);
  });

  it('is part of the revision: a change of it alone is a release', () => {
    const revisionOf = (text: string) => load(['ConfigMap/settings'], [text]).canary?.revision;
    const before = revisionOf(configMap('settings'));
    expect(revisionOf(configMap('settings', { data: { a: '2' } }))).not.toBe(before);
    expect(revisionOf(configMap('settings', { binaryData: { b: 'AA==' } }))).not.toBe(before);
    expect(revisionOf(configMap('settings', { immutable: true, data: { a: '1' } }))).toBe(before);
  });

  it('is written by those who wrote the release, too', () => {
    const { canary } = load(['ConfigMap/settings'], [configMap('others'), configMap('settings')]);
    expect(canary?.writtenIn).toEqual(['0.yaml', '1.yaml', '3.yaml']);
  });

  it('that no pod reads is no part of it', () => {
    const { canary, problems } = load([], [configMap('settings')]);
    expect(problems).toEqual([]);
    expect(canary?.configs).toEqual([]);
    expect(canary?.revision).toBe(load([], []).canary?.revision);
  });
});

describe('configuration that is read as it is in the cluster', () => {
  it.each([
    ['a Secret that is not in the source', 'Secret/password', []],
    [
      'a Secret that is encrypted',
      'Secret/password',
      [secret('password', { data: { a: 'ENC[x]' }, sops: { mac: 'x' } })],
    ],
    [
      'a Secret that is sealed',
      'Secret/password',
      ['apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: password}\n'],
    ],
    [
      'a Secret of a type that is not for pods',
      'Secret/password',
      [secret('password', { type: 'kubernetes.io/dockerconfigjson' })],
    ],
    [
      'a ConfigMap that says so',
      'ConfigMap/settings',
      [
        configMap('settings').replace(
          'name: settings',
          'name: settings\n  annotations: {flagger.app/config-tracking: disabled}',
        ),
      ],
    ],
    ['a ConfigMap that may be missing', 'ConfigMap/settings?', []],
    ['a ConfigMap that every namespace has', 'ConfigMap/kube-root-ca.crt', []],
  ])('%s', (_, name, texts) => {
    const { canary, read, problems } = load([name], texts);
    expect(problems).toEqual([]);
    expect(canary?.configs).toEqual([]);
    expect(read).toEqual([name.replace('?', '').split('/')[1]]);
  });

  it('everything, for a target that says so', () => {
    const optedOut = '\n  annotations: {flagger.app/config-tracking: disabled}';
    const { canary, read, problems } = load(
      ['ConfigMap/settings', 'ConfigMap/elsewhere'],
      [configMap('settings')],
      optedOut,
    );
    expect(problems).toEqual([]);
    expect(canary?.configs).toEqual([]);
    expect(read).toEqual(['settings', 'elsewhere']);
  });
});

describe('configuration that cannot be read', () => {
  it('is refused at the place that names it, unless it is optional everywhere', () => {
    const { canary, problems } = load(['ConfigMap/settings', 'ConfigMap/settings?'], []);
    expect(canary).toBeUndefined();
    expect(problems).toMatchObject([
      {
        code: 'configmap-missing',
        canary: 'default/reviews',
        location: {
          file: '1.yaml',
          field: 'spec.template.spec.containers[0].envFrom[0].configMapRef.name',
        },
      },
    ]);
  });

  it('is refused where it is written when its values are no texts', () => {
    const { problems } = load(
      ['ConfigMap/settings', 'ConfigMap/settings'],
      [configMap('settings', { data: { a: 1 } })],
    );
    expect(problems).toMatchObject([
      { code: 'invalid-field', location: { file: '2.yaml', field: 'data.a' } },
    ]);
  });
});
