import { describe, expect, it } from 'vitest';
import { Ancestry } from '../../../../engine/adapters/git/ancestry.ts';

describe('what a commit stands on', () => {
  it('is known of those that were made here, however many lie in between', () => {
    const ancestry = new Ancestry();
    ancestry.grew('a', 'b');
    ancestry.grew('b', 'c');
    ancestry.grew('c', 'c');
    expect(ancestry.isKnown('a', 'c')).toBe(true);
    expect(ancestry.isKnown('c', 'c')).toBe(true);
    expect(ancestry.isKnown('c', 'a')).toBe(false);
    expect(ancestry.isKnown('somewhere', 'c')).toBe(false);
  });

  it('is known from then on of what Git has said, and of what is made on top of that', () => {
    const ancestry = new Ancestry();
    ancestry.learn('old', 'a');
    ancestry.grew('a', 'b');
    expect(ancestry.isKnown('old', 'b')).toBe(true);
    expect(ancestry.isKnown('older', 'b')).toBe(false);
  });
});
