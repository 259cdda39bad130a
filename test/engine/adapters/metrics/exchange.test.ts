import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { endpoint, Exchange, Unanswered } from '../../../../engine/adapters/metrics/exchange.ts';
import { type StubAnswer, startHttpStub } from '../../../support/http-stub.ts';
import { SELF_SIGNED } from '../../../support/self-signed.ts';

const failure = async (answer: StubAnswer, exchange = new Exchange()) => {
  const { url } = await startHttpStub(() => answer);
  // Long enough for a busy machine, unless it is the time itself that is tried.
  const request = { url: new URL(url), timeoutMs: answer.hang === true ? 200 : 10_000 };
  return exchange.json(request, z.object({ ok: z.boolean() })).catch((error: unknown) => error);
};

describe('an exchange with a metrics server', () => {
  it.each([
    ['an error', { status: 500, body: ' boom ' }, /^HTTP 500: boom$/],
    ['an error without a body', { status: 503 }, /^HTTP 503: no reason given$/],
    ['no JSON', { body: '<html>' }, /^the answer is not what the API promises: <html>$/],
    ['other JSON', { body: '{"ok":5}' }, /not what the API promises/],
    ['a long page', { status: 502, body: 'x'.repeat(9_000) }, /^HTTP 502: x{200}$/],
    ['a cut connection', { cut: true }, /socket hang up/],
    ['silence', { hang: true }, /^no answer within 0.2 s$/],
    ['far too much', { body: 'x'.repeat(5 * 1024 * 1024) }, /too large/],
  ])('that ends with %s has no answer', async (_, answer, why) => {
    const error = await failure(answer);
    expect(error).toBeInstanceOf(Unanswered);
    expect(error).toMatchObject({ message: expect.stringMatching(why) });
  });

  it('follows no redirect, so that credentials go nowhere else', async () => {
    const other = await startHttpStub(() => ({ body: '{"ok":true}' }));
    const error = await failure({ status: 302, headers: { location: other.url } });
    expect(error).toMatchObject({ message: 'HTTP 302: a redirect, which is not followed' });
    expect(other.requests).toEqual([]);
  });

  it('hides what must not be said, in each form it could be repeated in', async () => {
    const hidden = ['s3cret/key+', 'us', ''];
    const body = `bad key s3cret/key+ ${encodeURIComponent('s3cret/key+')} ${Buffer.from('s3cret/key+').toString('base64')} us`;
    const error = await failure({ status: 401, body }, new Exchange({ hidden }));
    expect(error).toMatchObject({ message: 'HTTP 401: bad key *** *** *** us' });
  });

  it('trusts a certificate that nobody signed only when it is told to', async () => {
    const { url } = await startHttpStub(() => ({ body: '{"ok":true}' }), SELF_SIGNED);
    const request = { url: new URL(url) };
    await expect(new Exchange().text(request)).rejects.toThrow(/self-signed/);
    const trusting = new Exchange({ insecureSkipVerify: true });
    expect(await trusting.text(request)).toBe('{"ok":true}');
  });
});

it.each([
  ['http://p:9090', 'http://p:9090/api?q=a+b'],
  ['http://p:9090/', 'http://p:9090/api?q=a+b'],
  ['http://p/prom/', 'http://p/prom/api?q=a+b'],
])('A path below %s is %s', (address, url) => {
  expect(endpoint(address, '/api', { q: 'a b' }).href).toBe(url);
});
