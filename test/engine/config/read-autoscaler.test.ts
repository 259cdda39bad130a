import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadSource } from '../../../engine/config/load-source.ts';
import { aCanaryFile, aDeploymentFile } from '../../support/manifests.ts';

type Fields = Readonly<Record<string, unknown>>;

const HPA = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'reviews' };
const SCALED_OBJECT = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', name: 'reviews' };

const scaler = (ref: typeof HPA, spec: Fields = {}) =>
  stringify({
    apiVersion: ref.apiVersion,
    kind: ref.kind,
    metadata: { name: ref.name },
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'reviews' }, maxReplicas: 5, ...spec },
  });

function load(autoscalerRef: Fields | undefined, ...texts: readonly string[]) {
  const ref =
    autoscalerRef === undefined ? '' : `  autoscalerRef: ${JSON.stringify(autoscalerRef)}\n`;
  const canary = aCanaryFile().replace('  service:\n', `${ref}  service:\n`);
  const files = [canary, aDeploymentFile(), ...texts].map((text, index) => ({
    path: `${index}.yaml`,
    text,
  }));
  const loaded = loadSource(files, { established: new Set() });
  return { ...loaded, canary: loaded.canaries[0] };
}

describe('an autoscaler that the Canary names', () => {
  it('belongs to the canary, with the fewest replicas of each track', () => {
    const primaryScalerReplicas = { minReplicas: 3, maxReplicas: 9 };
    const ref = { ...HPA, primaryScalerReplicas };
    const { canary, problems, others, claimed } = load(ref, scaler(HPA, { minReplicas: 2 }));
    expect(problems).toEqual([]);
    expect(canary?.spec.autoscaler).toEqual({
      kind: 'HorizontalPodAutoscaler',
      name: 'reviews',
      primary: primaryScalerReplicas,
      least: { primary: 3, canary: 2 },
    });
    expect(canary?.autoscaler?.metadata).toEqual({ name: 'reviews', namespace: 'default' });
    expect([...others]).toEqual([]);
    expect([...claimed.keys()]).toContain(
      'workloads/default/_other/horizontalpodautoscaler-reviews.yaml',
    );
  });

  it('can be of KEDA, which keeps none at least, so that one is asked for', () => {
    const ref = { ...SCALED_OBJECT, primaryScalerQueries: { load: 'up' } };
    const { canary, problems } = load(ref, scaler(SCALED_OBJECT, { triggers: [] }));
    expect(problems).toEqual([]);
    expect(canary?.spec.autoscaler).toMatchObject({
      primary: { queries: { load: 'up' } },
      least: { primary: 1, canary: 1 },
    });
  });

  it('is an option of the canary, not part of what is released', () => {
    const of = (maxReplicas: number) => load(HPA, scaler(HPA, { maxReplicas })).canary;
    expect(of(6)?.revision).toBe(of(5)?.revision);
    expect(of(6)?.configDigest).not.toBe(of(5)?.configDigest);
  });

  it.each([
    ['is not in the source', HPA, [], 'autoscaler-unusable'],
    [
      'is of a version that is gone',
      HPA,
      [scaler(HPA).replace('v2', 'v2beta2')],
      'autoscaler-unusable',
    ],
    [
      'scales something else',
      HPA,
      [scaler(HPA, { scaleTargetRef: { kind: 'Deployment', name: 'ratings' } })],
      'autoscaler-unusable',
    ],
    ['has counts that are none', HPA, [scaler(HPA, { minReplicas: 'two' })], 'invalid-field'],
    ['is of a kind nobody knows', { ...HPA, kind: 'Scaler' }, [], 'invalid-field'],
    [
      'has queries but is not of KEDA',
      { ...HPA, primaryScalerQueries: { a: 'up' } },
      [scaler(HPA)],
      'invalid-field',
    ],
    [
      'has a minimum above the maximum',
      { ...HPA, primaryScalerReplicas: { minReplicas: 5, maxReplicas: 4 } },
      [scaler(HPA)],
      'invalid-field',
    ],
    [
      'is asked for no replica at all',
      { ...HPA, primaryScalerReplicas: { minReplicas: 0 } },
      [scaler(HPA)],
      'invalid-field',
    ],
  ])('is refused when it %s', (_, ref, texts, code) => {
    const { canary, problems } = load(ref, ...texts);
    expect(canary).toBeUndefined();
    expect(problems.map((problem) => problem.code)).toContain(code);
    expect(problems.every(({ location }) => location?.line !== undefined)).toBe(true);
  });

  it('is refused for a target without replicas', () => {
    const text = (kind: string) => aDeploymentFile().replace('kind: Deployment', `kind: ${kind}`);
    const canary = aCanaryFile()
      .replace('kind: Deployment', 'kind: DaemonSet')
      .replace('  service:\n', `  autoscalerRef: ${JSON.stringify(HPA)}\n  service:\n`);
    const files = [canary, text('DaemonSet'), scaler(HPA)].map((each, index) => ({
      path: `${index}.yaml`,
      text: each,
    }));
    const { problems } = loadSource(files, { established: new Set() });
    expect(problems).toMatchObject([
      { code: 'invalid-field', message: expect.stringContaining('for a DaemonSet') },
    ]);
  });
});

it('an autoscaler that is generated for the primary cannot stand in the source as well', () => {
  const ofPrimary = scaler(
    { ...HPA, name: 'reviews-primary' },
    { scaleTargetRef: { kind: 'Deployment', name: 'reviews-primary' } },
  );
  const { canary, problems } = load(HPA, scaler(HPA), ofPrimary);
  expect(canary).toBeUndefined();
  expect(problems).toMatchObject([
    { code: 'object-conflict', location: { file: '3.yaml' }, canary: 'default/reviews' },
  ]);
});

describe('an autoscaler that the Canary does not name', () => {
  it('is refused when it scales the target: the two would undo each other', () => {
    const { canary, problems } = load(undefined, scaler(HPA));
    expect(canary).toBeUndefined();
    expect(problems).toMatchObject([
      { code: 'autoscaler-unusable', canary: 'default/reviews', location: { file: '2.yaml' } },
    ]);
  });

  it('is nobody’s business when it scales anything else', () => {
    const other = scaler(HPA, { scaleTargetRef: { kind: 'Deployment', name: 'ratings' } });
    expect(load(undefined, other).problems).toEqual([]);
    const set = scaler(HPA, { scaleTargetRef: { kind: 'StatefulSet', name: 'reviews' } });
    expect(load(undefined, set).problems).toEqual([]);
  });
});
