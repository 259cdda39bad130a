import { expect, it } from 'vitest';
import { createOriginReader } from '../../../../engine/adapters/kubernetes/origin-reader.ts';
import { startApiStub } from './api-stub.ts';

const path = '/apis/apps/v1/namespaces/shop/deployments/reviews-primary';

async function read(object: unknown) {
  const { api } = await startApiStub({ [path]: object });
  return createOriginReader(api).origin('Deployment', 'shop', 'reviews-primary');
}

const spec = {
  template: { spec: { containers: [{ name: 'app', image: 'reviews:1', resources: {} }] } },
};

it('a workload is read by its images and by whose it is', async () => {
  const ownerReferences = [
    { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'reviews', controller: true },
  ];
  expect(await read({ metadata: { ownerReferences }, spec })).toEqual({
    state: 'found',
    images: { app: 'reviews:1' },
    owner: 'Canary reviews',
  });
  expect(await read({ metadata: {}, spec })).toEqual({
    state: 'found',
    images: { app: 'reviews:1' },
  });
});

it('a workload that is not there is missing, one that cannot be read unknown', async () => {
  expect(await read(undefined)).toEqual({ state: 'missing' });
  expect(await read({ metadata: {} })).toMatchObject({ state: 'unknown' });
});

it('any other object is read by the marks that Flagger has put on it', async () => {
  const at = '/api/v1/namespaces/shop/services/reviews';
  const reference = { apiVersion: 'v1', kind: 'Service', namespace: 'shop', name: 'reviews' };
  const look = async (object: unknown) => {
    const { api } = await startApiStub({ [at]: object });
    return createOriginReader(api).object(reference);
  };
  const metadata = {
    ownerReferences: [{ kind: 'Canary', name: 'reviews' }],
    annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled', mine: '1' },
    finalizers: ['finalizer.flagger.app'],
  };
  expect(await look({ metadata })).toEqual({
    state: 'found',
    owner: 'Canary reviews',
    guard: 'kustomize.toolkit.fluxcd.io/reconcile: disabled',
    finalizer: 'finalizer.flagger.app',
  });
  expect(await look({ metadata: {} })).toEqual({ state: 'found' });
  expect(await look(undefined)).toEqual({ state: 'missing' });
  expect(await look('nonsense')).toMatchObject({ state: 'unknown' });
});

it('a Canary is looked for among the canaries', async () => {
  const at = '/apis/flagger.app/v1beta1/namespaces/shop/canaries/reviews';
  const { api } = await startApiStub({ [at]: { metadata: {} } });
  const reference = { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', namespace: 'shop' };
  const origin = await createOriginReader(api).object({ ...reference, name: 'reviews' });
  expect(origin).toEqual({ state: 'found' });
});
