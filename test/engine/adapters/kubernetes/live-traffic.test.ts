import { describe, expect, it } from 'vitest';
import { createLiveTraffic } from '../../../../engine/adapters/kubernetes/live-traffic.ts';
import { directReader } from '../../../../engine/adapters/kubernetes/read-object.ts';
import { startApiStub } from './api-stub.ts';

const at = (second: number) => Date.UTC(2026, 0, 1, 0, 0, second);
const text = (second: number) => new Date(at(second)).toISOString();

function routeOf(apiVersion: string, kind: string) {
  return { apiVersion, kind, namespace: 'shop', name: 'reviews' };
}

async function read(path: string, route: ReturnType<typeof routeOf>, object: unknown) {
  const { api } = await startApiStub({ [path]: object });
  return createLiveTraffic(directReader(api)).routing(route);
}

describe('a VirtualService', () => {
  const path = '/apis/networking.istio.io/v1/namespaces/shop/virtualservices/reviews';
  const route = routeOf('networking.istio.io/v1', 'VirtualService');
  const spec = { http: [{ route: [{ weight: 90 }, { weight: 10 }] }] };
  const creationTimestamp = text(0);
  const managers = (...managedFields: readonly object[]) =>
    read(path, route, { metadata: { creationTimestamp, managedFields }, spec });

  it('is read as it is, since its last change', async () => {
    const answer = await managers({ time: text(7) }, { time: text(9), subresource: 'status' });
    expect(answer).toEqual({ state: 'found', spec, sinceMs: at(7) });
  });

  it('does not become younger by labels that somebody else writes again and again', async () => {
    const answer = await managers(
      { time: text(3), fieldsV1: { 'f:metadata': {}, 'f:spec': {} } },
      { time: text(8), fieldsV1: { 'f:metadata': { 'f:labels': {} } } },
    );
    expect(answer).toMatchObject({ sinceMs: at(3) });
  });

  it('is as old as itself where nobody keeps the times', async () => {
    expect(await managers()).toMatchObject({ sinceMs: at(0) });
  });

  it('that is not there is missing, and one that cannot be read is unknown', async () => {
    expect(await read('/elsewhere', route, {})).toEqual({ state: 'missing' });
    expect(await read(path, route, { metadata: {}, spec: 5 })).toEqual({
      state: 'unknown',
      why: 'shop/reviews does not read as a VirtualService',
    });
  });
});

describe('a Service', () => {
  it('is read from the core group', async () => {
    const path = '/api/v1/namespaces/shop/services/reviews';
    const spec = { selector: { app: 'reviews-primary' } };
    const answer = await read(path, routeOf('v1', 'Service'), { metadata: {}, spec });
    expect(answer).toMatchObject({ state: 'found', spec });
  });
});

describe('an HTTPRoute', () => {
  const path = '/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/reviews';
  const route = routeOf('gateway.networking.k8s.io/v1', 'HTTPRoute');
  const gateway = { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'public' };
  const condition = (type: string, status: string, observedGeneration: number, more = {}) => ({
    type,
    status,
    observedGeneration,
    reason: type,
    ...more,
  });
  const accepted = [condition('Accepted', 'True', 3), condition('ResolvedRefs', 'True', 3)];
  const parent = (conditions: readonly object[], parentRef: object = gateway) => ({
    parentRef,
    controllerName: 'example.com/gateway',
    conditions,
  });
  const withParents = (
    parents: readonly object[],
    parentRefs: readonly object[] = [gateway],
    managedFields: readonly object[] = [],
  ) =>
    read(path, route, {
      metadata: { generation: 3, creationTimestamp: text(0), managedFields },
      spec: { parentRefs },
      status: { parents },
    });

  it('is accepted when each of its parents says so of this generation', async () => {
    expect(await withParents([parent(accepted)])).not.toHaveProperty('refused');
    const inOwn = { ...gateway, namespace: 'shop' };
    expect(await withParents([parent(accepted, inOwn)])).not.toHaveProperty('refused');
    const section = { ...gateway, sectionName: 'https' };
    const both = [parent(accepted), parent(accepted, section)];
    expect(await withParents(both, [gateway, section])).not.toHaveProperty('refused');
  });

  it('counts from the moment at which its controller took note of it', async () => {
    const managedFields = [
      { time: text(3), fieldsV1: { 'f:spec': {} } },
      { time: text(8), subresource: 'status', fieldsV1: { 'f:status': {} } },
    ];
    expect(await withParents([parent(accepted)], [gateway], managedFields)).toMatchObject({
      sinceMs: at(8),
    });
  });

  it.each<[string, readonly object[], string]>([
    ['nobody has seen it', [], 'Gateway public has not taken note of the route'],
    [
      'only an earlier generation was accepted',
      [parent([condition('Accepted', 'True', 2), condition('ResolvedRefs', 'True', 2)])],
      'Gateway public has not taken note of its latest change',
    ],
    [
      'only half of it was looked at',
      [parent([condition('Accepted', 'True', 3)])],
      'Gateway public has not taken note of its latest change',
    ],
    [
      'it is refused',
      [
        parent([
          condition('Accepted', 'False', 3, {
            reason: 'NotAllowedByListeners',
            message: 'namespace shop is not allowed',
          }),
        ]),
      ],
      'Gateway public says Accepted is False: NotAllowedByListeners, namespace shop is not allowed',
    ],
    [
      'a backend is not found',
      [
        parent([
          condition('Accepted', 'True', 3),
          condition('ResolvedRefs', 'False', 3, { reason: 'BackendNotFound' }),
        ]),
      ],
      'Gateway public says ResolvedRefs is False: BackendNotFound',
    ],
    [
      'some of its rules were left out',
      [parent([...accepted, condition('PartiallyInvalid', 'True', 3)])],
      'Gateway public says PartiallyInvalid is True: PartiallyInvalid',
    ],
    [
      'another parent accepted it',
      [parent(accepted, { ...gateway, name: 'other' })],
      'Gateway public has not taken note of the route',
    ],
    [
      'another section accepted it',
      [parent(accepted, { ...gateway, sectionName: 'https' })],
      'Gateway public has not taken note of the route',
    ],
    [
      'one of two controllers refuses it',
      [parent(accepted), parent([condition('Accepted', 'False', 3)])],
      'Gateway public says Accepted is False: Accepted',
    ],
  ])('is not accepted while %s', async (_, parents, refused) => {
    expect(await withParents(parents)).toMatchObject({ state: 'found', refused });
  });

  it('takes no notice of what a controller that is gone once said', async () => {
    const stale = parent([condition('Accepted', 'False', 1)]);
    expect(await withParents([stale, parent(accepted)])).not.toHaveProperty('refused');
  });
});
