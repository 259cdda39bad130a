import { expect, it } from 'vitest';
import {
  canaryFolders,
  manifestFileName,
  isOthersPath,
  leftTwin,
  othersPath,
  othersTwin,
  recordPath,
  rejectedPath,
} from '../../../engine/core/paths.ts';

it('gives a canary one folder in each tree, so that a stuck sync of one never holds the other', () => {
  expect(canaryFolders('shop/cart')).toEqual({
    workloads: 'workloads/shop/cart',
    traffic: 'traffic/shop/cart',
    rollout: 'rollouts/shop/cart',
  });
  expect(recordPath('shop/cart')).toBe('rollouts/shop/cart/record.yaml');
  expect(rejectedPath('shop/cart')).toBe('rollouts/shop/cart/rejected.yaml');
});

it('keeps one object a file, under a stable name', () => {
  expect(manifestFileName('VirtualService', 'cart')).toBe('virtualservice-cart.yaml');
});

it('carries what belongs to no canary beside the canaries of its namespace', () => {
  const path = othersPath({ namespace: 'shop', kind: 'ConfigMap', name: 'x' });
  expect(path).toBe('workloads/shop/_other/configmap-x.yaml');
  const clusterWide = othersPath({ namespace: undefined, kind: 'Namespace', name: 'shop' });
  expect(clusterWide).toBe('workloads/_cluster/namespace-shop.yaml');
  expect([path, clusterWide, leftTwin(path)].map((each = '') => isOthersPath(each))).toEqual([
    true,
    true,
    true,
  ]);
  expect(leftTwin(path)).toBe('traffic/shop/_other/configmap-x.yaml');
  expect(leftTwin(clusterWide)).toBeUndefined();
  expect(isOthersPath('workloads/shop/cart/configmap-x.yaml')).toBe(false);
});

it.each([
  ['workloads/shop/cart/configmap-x.yaml', 'workloads/shop/_other/configmap-x.yaml'],
  ['workloads/shop/_other/configmap-x.yaml', undefined],
  ['workloads/_cluster/namespace-shop.yaml', undefined],
  ['traffic/shop/cart/service-x.yaml', 'workloads/shop/_other/service-x.yaml'],
  ['traffic/shop/_other/service-x.yaml', 'workloads/shop/_other/service-x.yaml'],
  ['rollouts/shop/cart/record.yaml', undefined],
])('knows where %s would stand if it belonged to no canary: %s', (path, twin) => {
  expect(othersTwin(path)).toBe(twin);
});
