import { describe, expect, it } from 'vitest';
import { createSecretReader } from '../../../../engine/adapters/kubernetes/secret-reader.ts';
import { startAnsweringApi, startApiStub } from './api-stub.ts';

const path = '/api/v1/namespaces/shop/secrets/datadog';

describe('a Secret', () => {
  it('is asked for by its name and decoded', async () => {
    const data = { token: Buffer.from('t0p/s3cret').toString('base64'), empty: '' };
    const { api, requests } = await startApiStub({ [path]: { data } });
    expect(await createSecretReader(api).read('shop', 'datadog')).toEqual({
      kind: 'read',
      values: { token: 't0p/s3cret', empty: '' },
    });
    expect(requests.map((request) => `${request.method} ${request.path}`)).toEqual([`GET ${path}`]);
  });

  it('without data has no values', async () => {
    const { api } = await startApiStub({ [path]: { type: 'Opaque' } });
    expect(await createSecretReader(api).read('shop', 'datadog')).toEqual({
      kind: 'read',
      values: {},
    });
  });

  it('cannot lead to another object by its name', async () => {
    const { api, requests } = await startApiStub({});
    await createSecretReader(api).read('shop', '../../pods');
    expect(requests[0]?.path).toBe('/api/v1/namespaces/shop/secrets/..%2F..%2Fpods');
  });

  it.each([
    ['is missing', { status: 404, body: '{}' }, /shop\/datadog cannot be read: .* none/],
    [
      'is forbidden',
      { status: 403, body: '{"message":"secrets \\"datadog\\" is forbidden"}' },
      /shop\/datadog cannot be read: .*403.*forbidden/,
    ],
    ['is something else', { body: '{"data":5}' }, /does not read as a Secret/],
  ])('that %s is unread and says why', async (_, answer, why) => {
    const { api } = await startAnsweringApi(() => answer);
    expect(await createSecretReader(api).read('shop', 'datadog')).toEqual({
      kind: 'unread',
      why: expect.stringMatching(why),
    });
  });
});
