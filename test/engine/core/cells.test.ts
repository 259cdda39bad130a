import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CanaryKey } from '../../../constructs/canary-spec.ts';
import {
  branchOfCanary,
  branchOfOther,
  bucketOf,
  exampleBranches,
  fixedBranches,
  isOf,
  layoutOf,
} from '../../../engine/core/cells.ts';

const KEYS = Array.from(
  { length: 4_000 },
  (_, index): CanaryKey => `team-${index % 40}/app-${index}`,
);

describe('a branch without a placeholder', () => {
  it('holds everything', () => {
    const layout = layoutOf('env/prod');
    expect(branchOfCanary(layout, 'shop/cart')).toBe('env/prod');
    expect(branchOfOther(layout, undefined)).toBe('env/prod');
    expect(fixedBranches(layout)).toEqual(['env/prod']);
  });
});

describe('a branch for each namespace', () => {
  const layout = layoutOf('delivery/{namespace}');

  it('holds the canaries and the other manifests of its namespace', () => {
    expect(branchOfCanary(layout, 'shop/cart')).toBe('delivery/shop');
    expect(branchOfOther(layout, 'shop')).toBe('delivery/shop');
  });

  it('leaves cluster-wide manifests to a branch that no namespace can be called like', () => {
    expect(branchOfOther(layout, undefined)).toBe('delivery/_shared');
  });

  it('is told from branches of other patterns', () => {
    expect(isOf(layout, 'delivery/shop')).toBe(true);
    for (const other of ['main', 'delivery/', 'delivery/a/b', 'other/shop']) {
      expect(isOf(layout, other), other).toBe(false);
    }
  });
});

describe('a number of cells', () => {
  it('is 40 where nobody says', () => {
    expect(fixedBranches(layoutOf('d/{cell}'))).toHaveLength(41);
  });

  it('has a branch more for all that belongs to no canary', () => {
    const layout = layoutOf('d/{cell}', 2);
    expect(fixedBranches(layout)).toEqual(['d/0', 'd/1', 'd/_shared']);
    expect(branchOfOther(layout, 'shop')).toBe('d/_shared');
    expect(exampleBranches(layout)).toEqual(['d/0', 'd/_shared']);
  });

  it('puts every canary into one of them, always the same', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/);
    const property = fc.property(
      name,
      name,
      fc.integer({ min: 1, max: 1_000 }),
      (ns, app, count) => {
        const bucket = bucketOf(`${ns}/${app}`, count);
        expect(bucket).toBe(bucketOf(`${ns}/${app}`, count));
        expect(Number.isInteger(bucket) && bucket >= 0 && bucket < count).toBe(true);
      },
    );
    fc.assert(property);
  });

  it('fills them evenly', () => {
    const sizes = new Map<number, number>();
    for (const key of KEYS) {
      const bucket = bucketOf(key, 40);
      sizes.set(bucket, (sizes.get(bucket) ?? 0) + 1);
    }
    expect(sizes.size).toBe(40);
    expect(Math.max(...sizes.values())).toBeLessThan(150);
    expect(Math.min(...sizes.values())).toBeGreaterThan(60);
  });

  it('moves no canary between cells that were there before when it grows', () => {
    const moved = KEYS.filter((key) => bucketOf(key, 40) !== bucketOf(key, 50));
    for (const key of moved) expect(bucketOf(key, 50)).toBeGreaterThanOrEqual(40);
    expect(moved.length / KEYS.length).toBeCloseTo(0.2, 1);
  });
});
