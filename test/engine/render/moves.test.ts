import { expect, it } from 'vitest';
import { movesObjects, withMoves } from '../../../engine/render/moves.ts';

const OWN = 'workloads/shop/cart/deployment-cart.yaml';
const OTHER = 'workloads/shop/_other/deployment-cart.yaml';
const write = (path: string, text = 'new') => ({ kind: 'write', path, text }) as const;
const remove = (path: string) => ({ kind: 'delete', path }) as const;

it('what comes to a canary leaves the folder of those that belong to none, in the same commit', () => {
  const changes = [write(OWN)];
  expect(withMoves(changes, new Set([OTHER]), new Map())).toEqual([remove(OTHER), write(OWN)]);
  expect(withMoves(changes, new Set(), new Map())).toEqual(changes);
});

it('what leaves a canary goes there if the source holds it still, and otherwise nowhere', () => {
  const wanted = new Map([[OTHER, 'as written']]);
  expect(withMoves([remove(OWN)], new Set(), wanted)).toEqual([
    write(OTHER, 'as written'),
    remove(OWN),
  ]);
  expect(withMoves([remove(OWN)], new Set(), new Map())).toEqual([remove(OWN)]);
});

it('only objects that come to the workloads or leave them can move', () => {
  expect(movesObjects([write(OWN)], new Map())).toBe(true);
  expect(movesObjects([remove(OWN)], new Map([[OWN, 'old']]))).toBe(true);
  expect(movesObjects([write(OWN)], new Map([[OWN, 'old']]))).toBe(false);
  const elsewhere = ['traffic/shop/cart/service-cart.yaml', 'rollouts/shop/cart/record.yaml'];
  expect(movesObjects(elsewhere.map(remove), new Map())).toBe(false);
});
