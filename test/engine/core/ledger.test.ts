import { expect, it } from 'vitest';
import { inForce } from '../../../engine/core/ledger.ts';
import { T0_MS } from '../../support/builders.ts';

const entry = { source: 'x', reason: 'bad', rejectedAtMs: T0_MS, attempts: 1 };

it('an entry counts until it expires, and for ever where it does not', () => {
  const entries = [
    { ...entry, revision: 'for ever' },
    { ...entry, revision: 'for a minute', expiresAtMs: T0_MS + 60_000 },
  ];
  expect(inForce(entries, T0_MS + 59_999)).toBe(entries);
  expect(inForce(entries, T0_MS + 60_000).map(({ revision }) => revision)).toEqual(['for ever']);
});
