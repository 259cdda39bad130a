import { expect, it } from 'vitest';
import {
  canaryFolders,
  manifestFileName,
  othersFolder,
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
  expect(othersFolder('shop')).toBe('workloads/shop/_other');
  expect(othersFolder(undefined)).toBe('workloads/_cluster');
});
