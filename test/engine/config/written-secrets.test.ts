import { describe, expect, it } from 'vitest';
import { loadSource } from '../../../engine/config/load-source.ts';

const secretsIn = (text: string) => {
  const files = [{ path: 'secret.yaml', text }];
  return Object.fromEntries(loadSource(files, { established: new Set() }).secrets);
};
const secret = (rest: string) =>
  `apiVersion: v1\nkind: Secret\nmetadata: { name: slack, namespace: shop }\n${rest}`;

describe('a Secret of the source', () => {
  it('gives its values, those of stringData last, as the API server has it', () => {
    const text = secret('data: { token: b2xk, other: eA== }\nstringData: { token: new }\n');
    expect(secretsIn(text)).toEqual({ 'shop/slack': { token: 'new', other: 'x' } });
  });

  it('without a namespace stands in default', () => {
    const text = 'apiVersion: v1\nkind: Secret\nmetadata: { name: a }\nstringData: { k: v }\n';
    expect(secretsIn(text)).toEqual({ 'default/a': { k: 'v' } });
  });

  it.each([
    ['encrypted by SOPS', secret('data: { token: RU5DW10= }\nsops: { version: 3.9.0 }\n'), {}],
    ['sealed', secret('spec: {}\n').replace('kind: Secret', 'kind: SealedSecret'), {}],
    ['with data that is none', secret('data: 5\n'), {}],
    ['with a value that is no Base64', secret('data: { token: "%" }\n'), { 'shop/slack': {} }],
  ])('%s gives no value', (_, text, secrets) => {
    expect(secretsIn(text)).toEqual(secrets);
  });
});
