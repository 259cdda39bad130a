import { expect, it } from 'vitest';
import { committedRoute } from '../../../engine/controller/committed-route.ts';
import { EngineMemory } from '../../../engine/controller/memory.ts';
import type { DeliveryRepository } from '../../../engine/ports/delivery-repository.ts';

/** A branch on which each object has the path as its id. */
function aBranch(...paths: readonly string[]) {
  const delivery: Pick<DeliveryRepository, 'list' | 'read'> = {
    list: (_, folder) =>
      Promise.resolve(
        paths
          .filter((path) => path.startsWith(`${folder}/`))
          .map((path) => ({ path, blob: path, size: 1 })),
      ),
    read: (blobs) =>
      Promise.resolve(
        new Map(
          blobs.map((blob) => {
            const [, kind, name] = /\/([a-z]+)-([^/]+)\.yaml$/.exec(blob) ?? [];
            return [blob, `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec: {}\n`];
          }),
        ),
      ),
  };
  return delivery as DeliveryRepository;
}

const routeOf = async (...paths: readonly string[]) => {
  const route = await committedRoute(
    aBranch(...paths),
    new EngineMemory(),
    'tip',
    'default/reviews',
  );
  return route && `${route.kind} ${route.metadata.name}`;
};

const below = (tree: string, names: readonly string[]) =>
  names.map((name) => `${tree}/default/reviews/${name}.yaml`);
const SERVICES = ['service-reviews', 'service-reviews-canary', 'service-reviews-primary'];

it.each([
  ['virtualservice-reviews', 'virtualservice reviews'],
  ['httproute-reviews', 'httproute reviews'],
  ['grpcroute-reviews', 'grpcroute reviews'],
])('the route of a canary is what its provider has: %s', async (file, expected) => {
  expect(await routeOf(...below('traffic', [...SERVICES, file]))).toBe(expected);
});

it('where there are Services alone it is the apex, which leads to one of the tracks', async () => {
  expect(await routeOf(...below('traffic', SERVICES))).toBe('service reviews');
});

it('the apex is the target itself where that is a Service, which stands beside its copies', async () => {
  expect(await routeOf(...below('workloads', ['canary-reviews', ...SERVICES]))).toBe(
    'service reviews',
  );
});

it('there is none before the routes are opened', async () => {
  expect(await routeOf(...below('traffic', SERVICES.slice(1)))).toBeUndefined();
  expect(await routeOf(...below('workloads', ['deployment-reviews']))).toBeUndefined();
});
