import { describe, expect, it } from 'vitest';
import {
  type DaemonSetManifest,
  type DeploymentManifest,
  renderCanaryObject,
  renderPrimary,
  renderTarget,
  type ServiceManifest,
  type TargetManifest,
  type TargetScale,
} from '../../constructs/index.ts';
import type { JsonObject } from '../../constructs/manifest.ts';
import { cleanManifest } from '../../constructs/workloads/clean-manifest.ts';
import {
  releasedContent,
  renderApex,
  targetOptions,
} from '../../constructs/workloads/workloads.ts';
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

function primaryOf<T extends TargetManifest>(target: T, spec = aSpec()): T {
  return renderPrimary({ spec, target, selectorLabel }) as T;
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
    expect(renderTarget({ spec: aSpec(), target, scale: 'idle' })).toEqual({
      ...target,
      spec: { ...target.spec, replicas: 0 },
    });
  });

  it('leaves its input as it was', () => {
    const target = aTarget({ replicas: 4 });
    const before = structuredClone(target);
    renderTarget({ spec: aSpec(), target, scale: 'idle' });
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

  it.each([
    [undefined, {}],
    [['team/'], { 'team/name': 'a' }],
    [['*'], { 'team/name': 'a', tier: 'x' }],
  ])('takes over the labels that begin with %j', (labelPrefixes, kept) => {
    const target = aTarget({}, { labels: { 'team/name': 'a', tier: 'x', app: 'reviews' } });
    const options = labelPrefixes === undefined ? {} : { labelPrefixes };
    const { metadata } = renderPrimary({ spec: aSpec(), target, selectorLabel, ...options });
    expect(metadata.labels).toEqual({ ...kept, app: 'reviews-primary' });
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

describe('a DaemonSet', () => {
  const aDaemonSet = (podSpec: JsonObject = {}): DaemonSetManifest => {
    const { template, ...spec } = aTarget().spec;
    return {
      ...aTarget(),
      kind: 'DaemonSet',
      spec: {
        ...spec,
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2 } },
        minReadySeconds: 5,
        template: { ...template, spec: { ...template.spec, ...podSpec } },
      },
    };
  };
  const scaled = (target: DaemonSetManifest, scale: TargetScale) =>
    (renderTarget({ spec: aSpec(), target, scale }) as DaemonSetManifest).spec.template.spec;
  const nowhere = { 'flagger.app/scale-to-zero': 'true' };

  it('is scaled to zero by a label that no node has, beside the labels it asks for', () => {
    expect(scaled(aDaemonSet(), 'idle')).toMatchObject({ nodeSelector: nowhere });
    const nodeSelector = { disk: 'ssd' };
    expect(scaled(aDaemonSet({ nodeSelector }), 'idle')).toMatchObject({
      nodeSelector: { ...nodeSelector, ...nowhere },
    });
  });

  it('that runs, and its primary, ask for the labels that were written and no others', () => {
    const nodeSelector = { disk: 'ssd', ...nowhere };
    expect(scaled(aDaemonSet({ nodeSelector }), 'running')).toMatchObject({
      nodeSelector: { disk: 'ssd' },
    });
    expect(scaled(aDaemonSet({ nodeSelector: nowhere }), 'running')).toEqual(
      aDaemonSet().spec.template.spec,
    );
    const primary = primaryOf(aDaemonSet({ nodeSelector }));
    expect(primary.spec.template.spec).toMatchObject({ nodeSelector: { disk: 'ssd' } });
  });

  it('has a primary that is rolled out as it is, under a label of its own', () => {
    const { kind, spec } = primaryOf(aDaemonSet());
    expect(kind).toBe('DaemonSet');
    const { template, ...rest } = spec;
    expect(rest).toEqual({
      selector: { matchLabels: { app: 'reviews-primary' } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 2 } },
      minReadySeconds: 5,
    });
    expect(template.metadata?.labels).toEqual({ app: 'reviews-primary', tier: 'backend' });
  });
});

describe('a Service as target', () => {
  const spec = aSpec({}, { target: { apiVersion: 'v1', kind: 'Service', name: 'reviews' } });
  const aService = (of: JsonObject): ServiceManifest => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'reviews',
      namespace: 'default',
      labels: { team: 'a' },
      annotations: { 'external-dns.alpha.kubernetes.io/hostname': 'reviews.example', note: 'x' },
    },
    spec: of,
  });
  const ports = [{ name: 'http', port: 80, targetPort: 9080, protocol: 'TCP' }];
  const selector = { app: 'reviews', version: 'v2' };
  const candidate = (of: JsonObject) =>
    renderTarget({ spec, target: aService(of), scale: 'running' }) as ServiceManifest;

  it('is copied for each track, without what only one Service can have', () => {
    const written = {
      type: 'LoadBalancer',
      clusterIP: '10.0.0.7',
      clusterIPs: ['10.0.0.7'],
      externalTrafficPolicy: 'Local',
      loadBalancerIP: '192.0.2.1',
      healthCheckNodePort: 30_001,
      sessionAffinity: 'ClientIP',
      selector,
      ports: [{ ...ports[0], nodePort: 30_000 }],
    };
    const copy = candidate(written);
    expect(copy).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: {
        name: 'reviews-canary',
        namespace: 'default',
        labels: { team: 'a' },
        annotations: { note: 'x' },
      },
      spec: { sessionAffinity: 'ClientIP', selector, ports },
    });
    expect(primaryOf(copy, spec)).toEqual({
      ...copy,
      metadata: { ...copy.metadata, name: 'reviews-primary' },
    });
  });

  it.each([
    ['without an address', { clusterIP: 'None', selector, ports }],
    ['to a name elsewhere', { type: 'ExternalName', externalName: 'b.example', ports }],
  ])('stays what it is: %s', (_, written) => {
    expect(candidate(written).spec).toEqual(written);
  });

  it('leads where the primary leads, by its own ways in', () => {
    const own = { type: 'NodePort', clusterIP: '10.0.0.7' };
    const newest = { ...own, selector, ports: [{ port: 80, nodePort: 30_000 }, { port: 81 }] };
    const stable = candidate({ selector: { app: 'reviews', version: 'v1' }, ports });
    expect(renderApex(aService(newest), stable)).toEqual({
      ...aService(newest),
      spec: {
        ...own,
        selector: { app: 'reviews', version: 'v1' },
        ports: [{ ...ports[0], nodePort: 30_000 }],
      },
    });
  });

  it('that is to lead to a name elsewhere has no ways in of its own any more', () => {
    const stable = candidate({ type: 'ExternalName', externalName: 'b.example', ports });
    const { spec: led } = renderApex(aService({ type: 'NodePort', selector, ports }), stable);
    expect(led).toEqual({ type: 'ExternalName', externalName: 'b.example', ports });
  });

  it('releases where it leads; its ways in are options', () => {
    const released = (of: JsonObject) => releasedContent(aService(of));
    expect(released({ type: 'NodePort', selector, ports: [{ port: 80, nodePort: 1 }] })).toEqual(
      released({ selector, ports: [{ port: 80 }] }),
    );
    const options = (of: JsonObject) => targetOptions(aService(of));
    expect(options({ type: 'NodePort', ports })).not.toEqual(options({ ports }));
    expect(options({ selector, ports })).toEqual(options({ ports }));
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
