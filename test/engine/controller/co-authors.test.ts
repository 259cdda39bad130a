import { describe, expect, it } from 'vitest';
import { coAuthorsOf } from '../../../engine/controller/co-authors.ts';
import type { Change } from '../../../engine/core/decision.ts';
import type { RolloutRecord } from '../../../engine/core/record.ts';
import type { ReleasedCommits } from '../../../engine/ports/source-reader.ts';
import type { ResolvedCanary } from '../../../engine/render/resolved-canary.ts';
import { aRecord, aRunningRecord } from '../../support/builders.ts';

const ADA = { name: 'Ada', email: 'ada@example.org' };
const NEXT = { revision: 'two', source: '2'.repeat(40) };
const start: Change = {
  kind: 'start',
  reason: 'r',
  release: NEXT,
  attempt: 1,
  base: 'b',
  configDigest: 'x',
  strategyDigest: 'y',
};

async function askedFor(change: Change, record: RolloutRecord | undefined) {
  const asked: ReleasedCommits[] = [];
  const source = {
    read: () => Promise.reject(new Error('not asked for')),
    people(released: ReleasedCommits) {
      asked.push(released);
      return Promise.resolve([ADA]);
    },
  };
  const canary = { writtenIn: ['cart.yaml'] } as unknown as ResolvedCanary;
  const people = await coAuthorsOf(source, canary, record, change);
  return { asked, people };
}

describe('the co-authors of a commit', () => {
  const promoted = aRecord().promoted.source;

  it('wrote what it starts', async () => {
    expect(await askedFor(start, aRecord())).toEqual({
      asked: [{ after: promoted, upTo: NEXT.source, files: ['cart.yaml'] }],
      people: [ADA],
    });
  });

  it('wrote what it promotes', async () => {
    const record = aRunningRecord();
    const { asked } = await askedFor({ kind: 'promote', reason: 'r' }, record);
    expect(asked).toMatchObject([{ after: promoted, upTo: record.rollout?.source }]);
  });

  it.each(['advance', 'rollback', 'finish', 'check-failed'])(
    'are nobody for a %s',
    async (kind) => {
      const change = { kind, reason: 'r' } as Change;
      expect(await askedFor(change, aRunningRecord())).toEqual({ asked: [], people: [] });
    },
  );

  it('are nobody while nothing was promoted before', async () => {
    expect(await askedFor(start, undefined)).toEqual({ asked: [], people: [] });
  });

  it('are nobody where the same commit is released once more', async () => {
    const again = aRecord({ promoted: { revision: 'one', source: NEXT.source } });
    expect(await askedFor(start, again)).toEqual({ asked: [], people: [] });
  });
});
