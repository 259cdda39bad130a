import { expect, it } from 'vitest';
import { createEndpointReader } from '../../../../engine/adapters/kubernetes/endpoint-reader.ts';
import type { StubAnswer } from '../../../support/http-stub.ts';
import { startAnsweringApi } from './api-stub.ts';

async function asked(answer: StubAnswer) {
  const { api, requests } = await startAnsweringApi(() => answer);
  const endpoints = await createEndpointReader(api).endpoints('shop', 'reviews-canary');
  return { endpoints, path: requests[0]?.path };
}

function slices(...items: readonly object[]): StubAnswer {
  return { body: JSON.stringify({ kind: 'EndpointSliceList', items }) };
}

it('the ready endpoints of a Service are counted over all of its slices', async () => {
  const [ready, unready] = [{ conditions: { ready: true } }, { conditions: { ready: false } }];
  const { endpoints, path } = await asked(
    slices({ endpoints: [ready, unready] }, { endpoints: [ready] }),
  );
  expect(endpoints).toEqual({ state: 'counted', ready: 2 });
  expect(path).toBe(
    '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dreviews-canary',
  );
});

it.each([
  ['there is no slice yet', slices()],
  ['a slice has no endpoint', slices({ endpoints: null }, {})],
])('there are none while %s', async (_, answer) => {
  expect((await asked(answer)).endpoints).toEqual({ state: 'counted', ready: 0 });
});

it('an endpoint that says nothing counts as ready, as Kubernetes wants it', async () => {
  const { endpoints } = await asked(slices({ endpoints: [{}, { conditions: { ready: null } }] }));
  expect(endpoints).toEqual({ state: 'counted', ready: 2 });
});

it.each([
  ['without the right to list them', { status: 403, body: '{"message":"no"}' }, 'answered 403: no'],
  ['of an answer that is none', { body: '[]' }, 'is no list of EndpointSlices'],
  ['where there is no such kind', { status: 404, body: '{}' }, 'missing'],
])('they are unknown %s', async (_, answer, why) => {
  const { endpoints } = await asked(answer);
  expect(endpoints).toEqual({ state: 'unknown', why: expect.stringContaining(why) });
});
