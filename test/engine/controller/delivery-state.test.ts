import { describe, expect, it } from 'vitest';
import {
  type CanaryState,
  KnownStates,
  readFilesToChange,
  readStates,
} from '../../../engine/controller/delivery-state.ts';
import { recordPath } from '../../../engine/core/paths.ts';
import { formatRecord } from '../../../engine/render/record-file.ts';
import { aRecord } from '../../support/builders.ts';
import { Remote, write } from '../../support/git-sandbox.ts';

const NAMES = ['default/details', 'default/ratings', 'default/reviews'] as const;

function recordOf(state: CanaryState | undefined) {
  return state?.kind === 'sound' ? state.record : undefined;
}

async function aBranchOfThree() {
  const delivery = new Remote().delivery();
  await delivery.refresh();
  const publish = async (texts: ReadonlyMap<string, string>, onto: string | undefined) => {
    const changes = [...texts].map(([path, text]) => write(path, text));
    const outcome = await delivery.publish([{ message: 'x\n', changes, atMs: 0 }], onto);
    return outcome.kind === 'pushed' ? outcome.commits[0] : undefined;
  };
  const records = NAMES.map((canary) => [recordPath(canary), formatRecord(aRecord({ canary }))]);
  const tip = await publish(new Map(records as [string, string][]), undefined);
  const reads: (readonly string[])[] = [];
  const counted: typeof delivery = {
    refresh: () => delivery.refresh(),
    list: (commit, folder) => delivery.list(commit, folder),
    items: (commit, folder) => delivery.items(commit, folder),
    containment: (...asked) => delivery.containment(...asked),
    publish: (drafts, onto) => delivery.publish(drafts, onto),
    history: (query) => delivery.history(query),
    read(blobs) {
      reads.push(blobs);
      return delivery.read(blobs);
    },
  };
  return { delivery: counted, reads, tip, publish };
}

describe('the states that an engine knows', () => {
  it('are read again only for canaries whose files another commit changed', async () => {
    const { delivery, reads, tip, publish } = await aBranchOfThree();
    const known = new KnownStates();
    const first = await known.at(delivery, tip);
    expect([...first.keys()]).toEqual(NAMES);
    const text = formatRecord(aRecord({ canary: 'default/ratings', configDigest: 'options-2' }));
    const next = await publish(new Map([[recordPath('default/ratings'), text]]), tip);
    const second = await known.at(delivery, next);
    expect(reads.map((blobs) => blobs.length)).toEqual([3, 1]);
    expect(second).toEqual(await readStates(delivery, next));
    expect(second.get('default/reviews')).toBe(first.get('default/reviews'));
  });

  it('are not parsed where this engine has just written the file, and nobody else since', async () => {
    const { delivery, tip, publish } = await aBranchOfThree();
    const known = new KnownStates();
    await known.at(delivery, tip);
    const ratings = aRecord({ canary: 'default/ratings', configDigest: 'options-2' });
    const reviews = aRecord({ canary: 'default/reviews', configDigest: 'options-2' });
    const later = { ...reviews, configDigest: 'options-3' };
    const texts = [ratings, later].map((each) => [recordPath(each.canary), formatRecord(each)]);
    known.wrote(ratings, formatRecord(ratings));
    known.wrote(reviews, formatRecord(reviews));
    const next = await publish(new Map(texts as [string, string][]), tip);
    const states = await known.at(delivery, next);
    expect(recordOf(states.get('default/ratings'))).toBe(ratings);
    expect(recordOf(states.get('default/reviews'))).toEqual(later);
  });

  it('are the same map while the branch stands still', async () => {
    const { delivery, tip } = await aBranchOfThree();
    const known = new KnownStates();
    expect(await known.at(delivery, tip)).toBe(await known.at(delivery, tip));
  });

  it('forget a canary that is gone, and know it again when it is back', async () => {
    const { delivery, tip, publish } = await aBranchOfThree();
    const known = new KnownStates();
    await known.at(delivery, tip);
    const removed = await delivery.publish(
      [
        {
          message: 'x\n',
          changes: [{ kind: 'delete', path: recordPath('default/details') }],
          atMs: 0,
        },
      ],
      tip,
    );
    const after = removed.kind === 'pushed' ? removed.commits[0] : undefined;
    expect([...(await known.at(delivery, after)).keys()]).toEqual(NAMES.slice(1));
    const text = formatRecord(aRecord({ canary: 'default/details' }));
    const back = await publish(new Map([[recordPath('default/details'), text]]), after);
    expect([...(await known.at(delivery, back)).keys()]).toEqual(NAMES);
  });
});

describe('the files that a decision may change', () => {
  it('are read, but for evidence: however much there is of it, it stays or goes as it is', async () => {
    const { delivery, reads, tip, publish } = await aBranchOfThree();
    const evidence = 'rollouts/default/reviews/evidence/1-01.json';
    const deployment = 'workloads/default/reviews/deployment-reviews.yaml';
    const texts = [
      [evidence, '{}\n'],
      [deployment, 'kind: Deployment\n'],
    ] as const;
    const next = await publish(new Map(texts), tip);
    const files = await readFilesToChange(delivery, next, 'default/reviews');
    const record = recordPath('default/reviews');
    expect(new Set(files.keys())).toEqual(new Set([record, evidence, deployment]));
    expect(files.get(deployment)).toBe('kind: Deployment\n');
    expect(reads.flat()).toHaveLength(2);
  });
});
