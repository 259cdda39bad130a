import { createVerify, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { T0_MS } from '../../../support/builders.ts';
import { startHttpStub } from '../../../support/http-stub.ts';
import { askTemplate, json } from './template-question.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

async function askAs(key: Readonly<Record<string, unknown>>, answer: unknown) {
  const tokens = await startHttpStub(() => json({ access_token: 'ya29.token-1' }));
  const serviceAccountKey = JSON.stringify({
    client_email: 'serin@shop.iam',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    token_uri: `${tokens.url}/token`,
    ...key,
  });
  const asked = await askTemplate({
    type: 'stackdriver',
    query: 'fetch k8s_container | every 1m',
    answer: json(answer),
    credentials: { project: 'shop-1', serviceAccountKey },
  });
  return { ...asked, tokens };
}

const ask = (answer: unknown) => askAs({}, answer);
const point = (ageSeconds: number, ...values: readonly object[]) => ({
  values,
  timeInterval: { endTime: new Date(T0_MS - ageSeconds * 1000).toISOString() },
});
const series = (...pointData: readonly object[]) => ({ pointData });

describe('Cloud Monitoring', () => {
  it('is asked with a token that the service account’s key has signed for', async () => {
    const { request, tokens, measurement } = await ask({
      timeSeriesData: [series(point(30, { doubleValue: 0.25 }))],
    });
    expect(request).toMatchObject({
      method: 'POST',
      path: '/v3/projects/shop-1/timeSeries:query',
      headers: { authorization: 'Bearer ya29.token-1' },
    });
    expect(JSON.parse(request?.body ?? '')).toEqual({ query: 'fetch k8s_container | every 1m' });
    expect(measurement).toEqual({ kind: 'value', value: 0.25 });
    const form = new URLSearchParams(tokens.requests[0]?.body);
    const [head = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toEqual({
      iss: 'serin@shop.iam',
      scope: 'https://www.googleapis.com/auth/monitoring.read',
      aud: `${tokens.url}/token`,
      iat: T0_MS / 1000,
      exp: T0_MS / 1000 + 3600,
    });
    const isSigned = createVerify('RSA-SHA256')
      .update(`${head}.${claims}`)
      .verify(publicKey, signature, 'base64url');
    expect(isSigned).toBe(true);
  });

  it('gives the newest value, whole numbers included', async () => {
    const answer = {
      timeSeriesData: [series(point(90, { doubleValue: 1 }), point(30, { int64Value: '7' }))],
    };
    expect((await ask(answer)).measurement).toEqual({ kind: 'value', value: 7 });
  });

  it.each([
    ['no series', {}, 'empty', /no series/],
    ['a series without points', { timeSeriesData: [series()] }, 'empty', /no values/],
    ['a text', { timeSeriesData: [series(point(0, { stringValue: 'x' }))] }, 'empty', /no values/],
    ['an old value', { timeSeriesData: [series(point(400, { doubleValue: 1 }))] }, 'empty', /old/],
    ['a partial answer', { partialErrors: [{ message: 'shard down' }] }, 'empty', /shard down/],
    ['several series', { timeSeriesData: [series(), series()] }, 'error', /2 series/],
    [
      'several values',
      { timeSeriesData: [series(point(0, { doubleValue: 1 }, { doubleValue: 2 }))] },
      'error',
      /several values/,
    ],
  ])('that answers with %s has given no value', async (_, answer, kind, why) => {
    expect((await ask(answer)).measurement).toEqual({ kind, why: expect.stringMatching(why) });
  });

  it.each([
    ['is no key', { token_uri: 5 }, /not the key of a service account/],
    ['cannot sign', { private_key: 'x' }, /no usable private key/],
  ])('is not asked with a key that %s', async (_, key, why) => {
    const { measurement, requests } = await askAs(key, {});
    expect(measurement).toEqual({ kind: 'error', why: expect.stringMatching(why) });
    expect(requests).toEqual([]);
  });
});
