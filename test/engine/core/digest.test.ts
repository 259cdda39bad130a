import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, digestOf, sha256Hex } from '../../../engine/core/digest.ts';

describe('a digest', () => {
  it('is that of the standard test vector', () => {
    expect(sha256Hex('abc')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it('does not depend on the order of keys, at any depth', () => {
    const one = { a: 1, b: { c: [{ d: 1, e: 2 }], f: undefined } };
    const other = { b: { c: [{ e: 2, d: 1 }] }, a: 1 };
    expect(digestOf(one)).toBe(digestOf(other));
  });

  it('depends on the order of lists', () => {
    expect(digestOf([1, 2])).not.toBe(digestOf([2, 1]));
  });

  it('keeps what JSON keeps', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
