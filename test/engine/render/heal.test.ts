import { describe, expect, it } from 'vitest';
import type { Edits } from '../../../engine/core/edits.ts';
import { healChanges, healMessage } from '../../../engine/render/heal.ts';

const ROUTE = 'traffic/shop/cart/route.yaml';
const TARGET = 'workloads/shop/cart/deployment-cart.yaml';
const ann = { commit: 'a'.repeat(40), author: 'Ann' };
const bob = { commit: 'b'.repeat(40), author: 'Bob\nDecision: advance' };

const one: Edits = new Map([[ROUTE, { path: ROUTE, left: 'id', ...ann }]]);
const two: Edits = new Map([[TARGET, { path: TARGET, left: undefined, ...bob }], ...one]);

describe('a commit that heals', () => {
  it('writes what the engine had left, and removes what it had not, in the order of paths', () => {
    expect(healChanges(two, new Map([['id', 'weight: 10\n']]))).toEqual([
      { kind: 'write', path: ROUTE, text: 'weight: 10\n' },
      { kind: 'delete', path: TARGET },
    ]);
  });

  it('says what was edited, in which commit, by whom', () => {
    expect(healMessage('shop/cart', one)).toBe(
      `cart.shop: heal ${ROUTE} (edited in aaaaaaaaaaaa by Ann)

${ROUTE}: edited in aaaaaaaaaaaa by Ann

Canary: shop/cart
Decision: heal
Heals: ${ann.commit}
`,
    );
  });

  it('counts several files, and keeps each name on its line', () => {
    expect(healMessage('shop/cart', two)).toBe(
      `cart.shop: heal 2 files (edited in aaaaaaaaaaaa, bbbbbbbbbbbb by Ann, Bob Decision: advance)

${ROUTE}: edited in aaaaaaaaaaaa by Ann
${TARGET}: edited in bbbbbbbbbbbb by Bob Decision: advance

Canary: shop/cart
Decision: heal
Heals: ${ann.commit}
Heals: ${bob.commit}
`,
    );
  });
});
