import { expect, it } from 'vitest';
import { secretsOf } from '../../../engine/controller/secrets.ts';
import type { SecretOutcome } from '../../../engine/ports/secret-reader.ts';

const written = new Map([['shop/slack', { token: 'of the source' }]]);
const cluster = (outcome: SecretOutcome) => ({ read: () => Promise.resolve(outcome) });

it('Credentials of the cluster go before those of the source', async () => {
  const live = cluster({ kind: 'read', values: { token: 'live' } });
  const outcome = await secretsOf(live, written).read('shop', 'slack');
  expect(outcome).toEqual({ kind: 'read', values: { token: 'live' } });
});

it('Credentials of the source serve where the cluster gives none', async () => {
  const refusing = cluster({ kind: 'unread', why: 'forbidden' });
  const values = { token: 'of the source' };
  for (const live of [refusing, undefined]) {
    expect(await secretsOf(live, written).read('shop', 'slack')).toEqual({ kind: 'read', values });
  }
});

it('Credentials that are nowhere are unread, in the words of whoever was asked last', async () => {
  const refusing = cluster({ kind: 'unread', why: 'forbidden' });
  expect(await secretsOf(refusing, written).read('shop', 'other')).toEqual({
    kind: 'unread',
    why: 'forbidden',
  });
  expect(await secretsOf(undefined, written).read('shop', 'other')).toMatchObject({
    kind: 'unread',
    why: expect.stringContaining('shop/other does not stand in clear in the source'),
  });
});
