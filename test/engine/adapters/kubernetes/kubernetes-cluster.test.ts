import { describe, expect, it } from 'vitest';
import { type Layer, LAYERS } from '../../../../constructs/delivery-layers.ts';
import {
  type ArgocdWiring,
  createArgocdSync,
} from '../../../../engine/adapters/kubernetes/argocd-sync.ts';
import {
  createFluxSync,
  type FluxWiring,
} from '../../../../engine/adapters/kubernetes/flux-sync.ts';
import type { KubernetesApi } from '../../../../engine/adapters/kubernetes/kubernetes-api.ts';
import { directReader } from '../../../../engine/adapters/kubernetes/read-object.ts';
import { createWorkloadReader } from '../../../../engine/adapters/kubernetes/workload-reader.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { startAnsweringApi, startApiStub } from './api-stub.ts';

function surroundings(api: KubernetesApi) {
  return { api, objects: directReader(api), clock: new FakeClock() };
}

const SHA = 'a'.repeat(40);
const OTHER = 'b'.repeat(40);

describe('a Deployment', () => {
  const path = '/apis/apps/v1/namespaces/shop/deployments/reviews';
  const read = async (object: unknown) => {
    const { api } = await startApiStub({ [path]: object });
    return createWorkloadReader(directReader(api)).workload('Deployment', 'shop', 'reviews');
  };

  it('is read with the defaults that the API server leaves out', async () => {
    expect(await read({ metadata: { generation: 2 }, spec: {} })).toEqual({
      state: 'found',
      status: {
        generation: 2,
        observedGeneration: 0,
        desiredReplicas: 1,
        replicas: 0,
        updatedReplicas: 0,
        availableReplicas: 0,
        progressDeadlineExceeded: false,
      },
    });
  });

  it('says since when it is unavailable, and that its deadline has passed', async () => {
    const conditions = [
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' },
      { type: 'Available', status: 'False', lastTransitionTime: '2026-01-01T00:00:00Z' },
    ];
    const answer = await read({ metadata: { generation: 1 }, spec: {}, status: { conditions } });
    expect(answer).toMatchObject({
      status: {
        progressDeadlineExceeded: true,
        unavailableSinceMs: Date.UTC(2026, 0, 1),
      },
    });
  });

  it.each([
    ['its template has never been out in full', 'ReplicaSetUpdated', Date.UTC(2026, 0, 1)],
    ['it is older than its latest complete rollout', 'NewReplicaSetAvailable', undefined],
  ])('says whether it is starting up: %s', async (_, reason, startingSinceMs) => {
    const conditions = [{ type: 'Progressing', status: 'True', reason }];
    const metadata = { generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' };
    const answer = await read({ metadata, spec: {}, status: { conditions } });
    expect(answer.state === 'found' && answer.status.startingSinceMs).toBe(startingSinceMs);
  });

  it('is missing when the API server has none, unknown when it cannot be read', async () => {
    expect(await read(undefined)).toEqual({ state: 'missing' });
    expect(await read({ spec: 5 })).toMatchObject({ state: 'unknown' });
  });
});

describe('a DaemonSet', () => {
  const path = '/apis/apps/v1/namespaces/shop/daemonsets/agent';
  const read = async (object: unknown) => {
    const { api } = await startApiStub({ [path]: object });
    return createWorkloadReader(directReader(api)).workload('DaemonSet', 'shop', 'agent');
  };

  it('is read by the counters of its nodes', async () => {
    const metadata = { generation: 4, creationTimestamp: '2026-01-01T00:00:00Z' };
    const status = {
      observedGeneration: 3,
      desiredNumberScheduled: 5,
      currentNumberScheduled: 4,
      updatedNumberScheduled: 3,
      numberAvailable: 2,
      numberMisscheduled: 1,
    };
    expect(await read({ metadata, spec: {}, status })).toEqual({
      state: 'found',
      status: {
        generation: 4,
        observedGeneration: 3,
        desiredReplicas: 5,
        replicas: 4,
        updatedReplicas: 3,
        availableReplicas: 2,
        progressDeadlineExceeded: false,
        startingSinceMs: Date.UTC(2026, 0, 1),
      },
    });
  });

  it('that is scaled to zero is on no node', async () => {
    expect(await read({ metadata: { generation: 1 }, spec: {} })).toMatchObject({
      status: { desiredReplicas: 0, availableReplicas: 0 },
    });
  });

  it('is missing when the API server has none, unknown when it cannot be read', async () => {
    expect(await read(undefined)).toEqual({ state: 'missing' });
    expect(await read({ metadata: { generation: 1 }, status: { numberAvailable: 'x' } })).toEqual({
      state: 'unknown',
      why: 'shop/agent does not read as a DaemonSet',
    });
  });
});

describe('Flux', () => {
  const wiring = { namespace: 'flux-system', workloads: 'w', traffic: 't' };
  const sources = '/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/gitrepositories';
  const kustomizations =
    '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations';
  const sourceRef = { kind: 'GitRepository', name: 'deploy' };
  const applied = { lastAppliedRevision: `main@sha1:${SHA}`, observedGeneration: 1 };
  const read = async (kustomization: object, source: object = { spec: {} }) => {
    const object = { metadata: { generation: 1 }, spec: { sourceRef }, ...kustomization };
    const { api } = await startApiStub({
      [`${kustomizations}/t`]: object,
      [`${sources}/deploy`]: source,
    });
    return createFluxSync(surroundings(api), wiring).synced('traffic');
  };

  it('reports the applied commit', async () => {
    expect(await read({ status: applied })).toEqual({ state: 'synced', revision: SHA });
  });

  it('reports the attempted commit while health checks run: its objects are applied', async () => {
    const conditions = [
      { type: 'Reconciling', status: 'True', message: 'Running health checks for revision b' },
    ];
    const status = { ...applied, lastAttemptedRevision: `main@sha1:${OTHER}`, conditions };
    expect(await read({ status })).toMatchObject({ revision: OTHER });
  });

  it.each([
    [
      'is suspended',
      { spec: { sourceRef, suspend: true }, status: applied },
      {},
      'flux resume kustomization',
    ],
    ['was changed', { metadata: { generation: 2 }, status: applied }, {}, 'was changed'],
    [
      'failed',
      { status: { ...applied, conditions: [{ type: 'Ready', status: 'False', reason: 'Build' }] } },
      {},
      'Build',
    ],
    [
      'has a suspended source',
      { status: applied },
      { spec: { suspend: true } },
      'flux resume source',
    ],
  ])('says why nothing newer comes when it %s', async (_, kustomization, source, why) => {
    const answer = await read(kustomization, { spec: {}, ...source });
    expect(answer).toEqual({
      state: 'synced',
      revision: SHA,
      hindrance: expect.stringContaining(why),
    });
  });

  it('is unknown before the first commit, and when it is not there', async () => {
    expect(await read({ status: { observedGeneration: 1 } })).toMatchObject({ state: 'unknown' });
    const { api } = await startApiStub({});
    expect(await createFluxSync(surroundings(api), wiring).synced('traffic')).toMatchObject({
      why: expect.stringContaining('there is no Kustomization'),
    });
  });

  const poke = async (
    sourceOf: (path: string) => string,
    layers: readonly Layer[],
    wired: FluxWiring = wiring,
  ) => {
    const { api, requests } = await startAnsweringApi(({ path }) => {
      const source = { kind: 'GitRepository', name: sourceOf(path) };
      return { body: JSON.stringify({ metadata: {}, spec: { sourceRef: source } }) };
    });
    await createFluxSync(surroundings(api), wired).poke(layers);
    return requests.filter(({ method }) => method === 'PATCH');
  };
  const ofTheLayer = (path: string) =>
    path.endsWith('/r') ? 'routes' : path.endsWith('/t') ? 'traffic' : 'workloads';
  const asked = (source: string) => ({
    path: `${sources}/${source}?fieldManager=flux-client-side-apply`,
    body: expect.stringContaining('reconcile.fluxcd.io/requestedAt') as string,
  });

  it('is asked to look now through the repository of the layer that has changed', async () => {
    const apart = { ...wiring, routes: 'r' };
    expect(await poke(ofTheLayer, ['traffic'], apart)).toMatchObject([asked('traffic')]);
    expect(await poke(ofTheLayer, ['workloads'], apart)).toMatchObject([asked('workloads')]);
    expect(await poke(ofTheLayer, ['routes'], apart)).toMatchObject([asked('routes')]);
    expect(await poke(ofTheLayer, LAYERS, apart)).toHaveLength(3);
  });

  it('is asked for the traffic where that holds the routes', async () => {
    expect(await poke(ofTheLayer, ['routes'])).toMatchObject([asked('traffic')]);
    expect(await poke(ofTheLayer, LAYERS)).toHaveLength(2);
  });

  it('is asked once where everything comes from one repository', async () => {
    expect(await poke(() => 'deploy', LAYERS)).toMatchObject([asked('deploy')]);
  });

  it('says so where a tree comes from something that is no Git repository', async () => {
    const spec = { sourceRef: { kind: 'OCIRepository', name: 'deploy' } };
    expect(await read({ spec, status: applied })).toMatchObject({
      hindrance: expect.stringContaining('flux-system/t follows OCIRepository flux-system/deploy'),
    });
  });
});

describe('Argo CD', () => {
  const wiring = { namespace: 'argocd', workloads: 'w', traffic: 't' };
  const path = '/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/t';
  const automated = { syncPolicy: { automated: { selfHeal: true } } };
  const synced = { sync: { status: 'Synced', revision: SHA } };
  const read = async (application: object) => {
    const object = { metadata: {}, spec: automated, status: synced, ...application };
    const { api } = await startApiStub({ [path]: object });
    return createArgocdSync(surroundings(api), wiring).synced('traffic');
  };

  it('reports the compared commit once it is Synced', async () => {
    expect(await read({})).toEqual({ state: 'synced', revision: SHA });
  });

  const running = { phase: 'Running', syncResult: { revision: OTHER } };
  const applied = {
    phase: 'Succeeded',
    finishedAt: '2026-01-01T00:00:05Z',
    syncResult: { revision: SHA },
  };

  it.each([
    [
      'while the next one is being applied',
      { sync: { status: 'OutOfSync', revision: OTHER }, operationState: running },
      [{ revision: OTHER }, { revision: SHA }],
    ],
    [
      'before anything was compared with it',
      {
        sync: { status: 'OutOfSync', revision: OTHER },
        reconciledAt: '2026-01-01T00:00:00Z',
        operationState: applied,
      },
      [],
    ],
  ])('reports what a sync has finished applying %s', async (_, status, history) => {
    expect(await read({ status: { ...status, history } })).toEqual({
      state: 'synced',
      revision: SHA,
    });
  });

  it.each([
    ['an operation was asked for', { operation: { sync: {} } }, 'is applying'],
    [
      'an operation runs',
      { status: { ...synced, operationState: { phase: 'Running' } } },
      'is applying',
    ],
    [
      'the comparison is older than the operation',
      {
        status: {
          ...synced,
          reconciledAt: '2026-01-01T00:00:00Z',
          operationState: { phase: 'Succeeded', finishedAt: '2026-01-01T00:00:05Z' },
        },
      },
      'has not compared',
    ],
    [
      'the operation failed',
      {
        status: {
          sync: { status: 'OutOfSync', revision: SHA },
          operationState: { phase: 'Failed', finishedAt: '2026-01-01T00:00:05Z', message: 'no' },
        },
      },
      'failed to apply: no',
    ],
    [
      'it is out of sync and idle',
      { status: { sync: { status: 'OutOfSync', revision: SHA } } },
      'sync window',
    ],
    [
      'it cannot compare',
      { status: { ...synced, conditions: [{ type: 'ComparisonError', message: 'bad path' }] } },
      'bad path',
    ],
    ['it names a branch', { status: { sync: { status: 'Synced', revision: 'main' } } }, 'commit'],
  ])('is unknown while %s', async (_, application, why) => {
    expect(await read(application)).toEqual({
      state: 'unknown',
      why: expect.stringContaining(why),
    });
  });

  it.each([
    [
      'is suspended',
      { metadata: { annotations: { 'argocd.argoproj.io/skip-reconcile': 'true' } } },
      'skip-reconcile',
    ],
    ['does not sync by itself', { spec: {} }, 'syncPolicy.automated'],
    [
      'has automation turned off',
      { spec: { syncPolicy: { automated: { enabled: false } } } },
      'syncPolicy.automated',
    ],
  ])('says why nothing newer comes when it %s', async (_, application, why) => {
    expect(await read(application)).toEqual({
      state: 'synced',
      revision: SHA,
      hindrance: expect.stringContaining(why),
    });
  });

  const poke = async (
    application: object,
    layers: readonly Layer[] = LAYERS,
    wired: ArgocdWiring = wiring,
  ) => {
    const body = JSON.stringify(application);
    const { api, requests } = await startAnsweringApi(() => ({ body }));
    await createArgocdSync(surroundings(api), wired).poke(layers);
    return requests;
  };

  it.each([
    [['traffic'], ['t']],
    [['workloads'], ['w']],
    [['routes'], ['r']],
    [LAYERS, ['w', 't', 'r']],
  ] as const)('is asked to look now at %j', async (layers, names) => {
    const apart = { ...wiring, routes: 'r' };
    const requests = await poke({ metadata: {}, spec: automated, status: synced }, layers, apart);
    expect(requests.map(({ path: asked }) => asked.split('/').at(-1) ?? '').toSorted()).toEqual(
      names.map((name) => `${name}?fieldManager=serin`).toSorted(),
    );
  });

  const failed = { phase: 'Error', finishedAt: '2026-01-01T00:00:05Z', message: 'EOF' };

  it('is asked to sync again after a failure, which it would not do by itself', async () => {
    const spec = { syncPolicy: { automated: { prune: true }, syncOptions: ['Validate=false'] } };
    const requests = await poke({ metadata: {}, spec, status: { operationState: failed } });
    const bodies = requests.map(({ body }) => JSON.parse(body) as object);
    expect(bodies.filter((body) => 'operation' in body)).toEqual(
      ['t', 'w'].map(() => ({
        operation: {
          initiatedBy: { username: 'serin' },
          sync: { prune: true, syncOptions: ['Validate=false'] },
        },
      })),
    );
  });

  it.each([
    ['a sync is under way', { operation: { sync: {} } }],
    ['a person has turned automation off', { spec: {} }],
    [
      'a person has suspended it',
      { metadata: { annotations: { 'argocd.argoproj.io/skip-reconcile': 'true' } } },
    ],
  ])('is not asked to sync again while %s', async (_, differing) => {
    const status = { operationState: failed };
    const requests = await poke({ metadata: {}, spec: automated, status, ...differing });
    expect(requests).toHaveLength(2);
  });
});
