import { describe, expect, it } from 'vitest';
import type { Webhook } from '../../../../constructs/canary-spec.ts';
import { createWebhookClient } from '../../../../engine/adapters/webhooks/http-webhook-client.ts';
import { T0_MS } from '../../../support/builders.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { type StubAnswer, startHttpStub } from '../../../support/http-stub.ts';
import { SELF_SIGNED } from '../../../support/self-signed.ts';

const payload = { name: 'reviews', namespace: 'default', phase: 'Progressing', checksum: 'abc' };

function aWebhook(url: string, differing: Partial<Webhook> = {}): Webhook {
  const metadata = { cmd: 'hey' };
  return {
    name: 'load',
    type: 'rollout',
    url,
    timeoutMs: 5_000,
    retries: 0,
    disableTls: false,
    muteAlert: false,
    metadata,
    ...differing,
  };
}

async function call(answers: readonly StubAnswer[], differing: Partial<Webhook> = {}) {
  const stub = await startHttpStub(
    (_, index) => answers[Math.min(index, answers.length - 1)] ?? {},
  );
  const clock = new FakeClock();
  const client = createWebhookClient({ clock, random: { next: () => 0.5 } });
  const outcome = await client.call(aWebhook(`${stub.url}/gate`, differing), payload);
  return { outcome, clock, requests: stub.requests };
}

describe('a webhook', () => {
  it('gets Flagger’s payload as JSON', async () => {
    const { requests } = await call([{}]);
    expect(requests[0]).toMatchObject({ method: 'POST', path: '/gate' });
    expect(requests[0]?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({ ...payload, metadata: { cmd: 'hey' } });
  });

  it('gets no metadata when none is written', async () => {
    const { requests } = await call([{}], { metadata: {} });
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual(payload);
  });

  it.each([200, 201, 202])('agrees by status %i', async (status) => {
    expect((await call([{ status }])).outcome).toEqual({ kind: 'ok', status });
  });

  it.each([203, 204, 400, 404, 500])('disagrees by status %i, as with Flagger', async (status) => {
    expect((await call([{ status }])).outcome).toMatchObject({ kind: 'failed' });
  });

  it('says why in its own words, however long they are', async () => {
    const { outcome } = await call([{ status: 400, body: `not today ${'x'.repeat(100_000)}` }]);
    expect(outcome).toMatchObject({ kind: 'failed', why: expect.stringContaining('not today') });
    expect(JSON.stringify(outcome).length).toBeLessThan(400);
  });

  it.each([
    ['a server error', { status: 503 }],
    ['too many requests', { status: 429 }],
    ['a cut connection', { cut: true }],
  ])('is called again after %s, with a pause', async (_, answer) => {
    const { outcome, requests, clock } = await call([answer, { status: 200 }], { retries: 1 });
    expect(outcome.kind).toBe('ok');
    expect(requests).toHaveLength(2);
    expect(clock.slept).toEqual([500]);
  });

  it.each([
    ['seconds', '7', 7_000],
    ['a date', new Date(T0_MS + 9_000).toUTCString(), 9_000],
    ['more than is waited for', '3600', 30_000],
    ['nothing that can be read', 'soon', 500],
  ])('is called again when the server says, which is %s', async (_, retryAfter, pauseMs) => {
    const busy = { status: 503, headers: { 'retry-after': retryAfter } };
    const { clock } = await call([busy, { status: 200 }], { retries: 1 });
    expect(clock.slept).toEqual([pauseMs]);
  });

  it.each([404, 501])('is not called again after %i', async (status) => {
    expect((await call([{ status }], { retries: 3 })).requests).toHaveLength(1);
  });

  it('is not called more often than it may be', async () => {
    const { outcome, requests } = await call([{ status: 503 }], { retries: 2 });
    expect(outcome.kind).toBe('failed');
    expect(requests).toHaveLength(3);
  });

  it('is called whatever its certificate, where that is wanted', async () => {
    const stub = await startHttpStub(() => ({}), SELF_SIGNED);
    const client = createWebhookClient({ clock: new FakeClock(), random: { next: () => 0.5 } });
    const verified = await client.call(aWebhook(stub.url), payload);
    expect(verified).toMatchObject({ kind: 'failed' });
    const unverified = await client.call(aWebhook(stub.url, { disableTls: true }), payload);
    expect(unverified).toEqual({ kind: 'ok', status: 200 });
    expect(JSON.parse(stub.requests[0]?.body ?? '')).toMatchObject(payload);
  });

  it('that does not answer in time has failed', async () => {
    const { outcome } = await call([{ hang: true }], { timeoutMs: 50 });
    expect(outcome).toEqual({ kind: 'failed', why: 'no answer within 50 ms' });
  });
});
