import { describe, expect, it } from 'vitest';
import {
  type DeploymentManifest,
  renderCanaryObject,
  renderPrimary,
  renderTarget,
} from '../../constructs/index.ts';
import { cleanManifest } from '../../constructs/workloads.ts';
import { aSpec } from '../support/builders.ts';

const selectorLabel = { key: 'app', value: 'reviews' };

function aTarget(
  spec: Partial<DeploymentManifest['spec']> = {},
  metadata: Partial<DeploymentManifest['metadata']> = {},
): DeploymentManifest {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'reviews', namespace: 'default', ...metadata },
    spec: {
      selector: { matchLabels: { app: 'reviews', tier: 'backend' } },
      template: {
        metadata: { labels: { app: 'reviews', tier: 'backend' } },
        spec: { containers: [{ name: 'reviews', image: 'registry.example/reviews:v1' }] },
      },
      ...spec,
    },
  };
}

function primaryOf(target: DeploymentManifest): DeploymentManifest {
  return renderPrimary({ spec: aSpec(), target, selectorLabel });
}

const FOREIGN = {
  'kustomize.toolkit.fluxcd.io/reconcile': 'disabled',
  'helm.toolkit.fluxcd.io/driftDetection': 'disabled',
  'kubectl.kubernetes.io/last-applied-configuration': '{}',
  'argocd.argoproj.io/tracking-id': 'app:apps/Deployment:default/reviews',
  'argocd.argoproj.io/installation-id': 'one',
  'deployment.kubernetes.io/revision': '7',
};

describe('renderTarget', () => {
  it('changes nothing but the replicas', () => {
    const target = aTarget({ replicas: 4, paused: false }, { annotations: { team: 'a' } });
    expect(renderTarget({ target, replicas: 0 })).toEqual({
      ...target,
      spec: { ...target.spec, replicas: 0 },
    });
  });

  it('leaves its input as it was', () => {
    const target = aTarget({ replicas: 4 });
    const before = structuredClone(target);
    renderTarget({ target, replicas: 0 });
    primaryOf(target);
    expect(target).toEqual(before);
  });
});

describe('cleanManifest', () => {
  it('drops status and what servers and agents add, and keeps what people wrote', () => {
    const target = aTarget(
      {},
      {
        uid: '1',
        resourceVersion: '2',
        generation: 3,
        creationTimestamp: '2026-01-01T00:00:00Z',
        managedFields: [],
        ownerReferences: [],
        selfLink: '/',
        finalizers: ['example.com/keep'],
        labels: { app: 'reviews', 'kustomize.toolkit.fluxcd.io/name': 'apps' },
        annotations: { ...FOREIGN, 'argocd.argoproj.io/sync-wave': '2' },
      },
    );
    expect(cleanManifest({ ...target, status: { replicas: 1 } })).toEqual(
      aTarget(
        {},
        {
          finalizers: ['example.com/keep'],
          labels: { app: 'reviews' },
          annotations: { 'argocd.argoproj.io/sync-wave': '2' },
        },
      ),
    );
  });

  it('leaves no empty map behind', () => {
    expect(cleanManifest(aTarget({}, { annotations: FOREIGN })).metadata).toEqual({
      name: 'reviews',
      namespace: 'default',
    });
  });
});

describe('renderPrimary', () => {
  it('selects by the one label only, so that neither Deployment selects pods of the other', () => {
    const { metadata, spec } = primaryOf(aTarget());
    expect(metadata).toEqual({
      name: 'reviews-primary',
      namespace: 'default',
      labels: { app: 'reviews-primary' },
    });
    expect(spec.selector).toEqual({ matchLabels: { app: 'reviews-primary' } });
    expect(spec.template.metadata?.labels).toEqual({ app: 'reviews-primary', tier: 'backend' });
  });

  it.each([
    [undefined, 1],
    [0, 1],
    [3, 3],
  ])('runs at the scale of a target with replicas %s: %d', (replicas, expected) => {
    const target = aTarget(replicas === undefined ? {} : { replicas });
    expect(primaryOf(target).spec.replicas).toBe(expected);
  });

  it('takes over how the target is rolled out, and nothing else of its spec', () => {
    const rolled = {
      minReadySeconds: 5,
      progressDeadlineSeconds: 60,
      revisionHistoryLimit: 3,
      strategy: { type: 'Recreate' },
    };
    const { spec } = primaryOf(aTarget({ ...rolled, paused: true }));
    const { selector: _, template: __, ...rest } = spec;
    expect(rest).toEqual({ ...rolled, replicas: 1 });
  });

  it('takes over annotations, but none that agents and servers set, nor a random one', () => {
    const target = aTarget(
      {
        template: {
          metadata: { labels: { app: 'reviews' }, annotations: { ...FOREIGN, probe: 'on' } },
        },
      },
      { annotations: { ...FOREIGN, team: 'a' }, ownerReferences: [{ kind: 'Canary' }] },
    );
    const { metadata, spec } = primaryOf(target);
    expect(metadata.annotations).toEqual({ team: 'a' });
    expect(metadata['ownerReferences']).toBeUndefined();
    expect(spec.template.metadata?.annotations).toEqual({ probe: 'on' });
  });

  it('gives equal primaries for equal targets, so that a promotion rolls only what changed', () => {
    expect(primaryOf(aTarget())).toEqual(primaryOf(aTarget()));
  });

  it('keeps the pods of the primary apart from each other instead of from the canary', () => {
    const apart = (value: string) => ({
      affinity: {
        nodeAffinity: { kept: 'reviews' },
        podAffinity: { kept: [{ labelSelector: { matchLabels: { app: 'reviews' } } }] },
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 1,
              podAffinityTerm: {
                topologyKey: 'zone',
                labelSelector: {
                  matchExpressions: [
                    { key: 'app', operator: 'In', values: ['ratings', value] },
                    { key: 'other', operator: 'In', values: ['reviews'] },
                  ],
                },
                namespaceSelector: { matchLabels: { app: 'reviews' } },
              },
            },
          ],
        },
      },
      topologySpreadConstraints: [
        { topologyKey: 'node', labelSelector: { matchLabels: { app: value, tier: 'reviews' } } },
        { topologyKey: 'zone', labelSelector: { matchLabels: { app: 'ratings' } } },
      ],
    });
    const template = { metadata: { labels: { app: 'reviews' } }, spec: apart('reviews') };
    expect(primaryOf(aTarget({ template })).spec.template.spec).toEqual(apart('reviews-primary'));
  });
});

describe('renderCanaryObject', () => {
  it('keeps Argo CD from judging the health of an object whose status comes later', () => {
    const canary = renderCanaryObject({
      apiVersion: 'flagger.app/v1beta1',
      kind: 'Canary',
      metadata: { name: 'reviews', uid: '1', annotations: { team: 'a', ...FOREIGN } },
      spec: { service: { port: 9080 } },
      status: { phase: 'Succeeded' },
    });
    expect(canary).toEqual({
      apiVersion: 'flagger.app/v1beta1',
      kind: 'Canary',
      metadata: {
        name: 'reviews',
        annotations: { team: 'a', 'argocd.argoproj.io/ignore-healthcheck': 'true' },
      },
      spec: { service: { port: 9080 } },
    });
  });
});
