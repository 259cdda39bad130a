import { describe, expect, it } from 'vitest';
import { carryOver } from '../../../engine/controller/carry-over.ts';
import type { DeliveryRepository } from '../../../engine/ports/delivery-repository.ts';
import { applyChanges, type Files } from '../../../engine/render/changeset.ts';
import { T0_MS } from '../../support/builders.ts';

const OTHER = 'workloads/shop/_other';
const OWN = 'workloads/shop/cart';

interface Case {
  readonly delivered: Readonly<Record<string, string>>;
  readonly wanted: Readonly<Record<string, string>>;
  readonly claimed?: readonly string[];
  readonly complete?: boolean;
}

/** The branch after a carry-over, or nothing when it has nothing to do. */
async function after({ delivered, wanted, claimed = [], complete = true }: Case) {
  const before: Files = new Map(Object.entries(delivered));
  const repository = {
    list: () => Promise.resolve([...before].map(([path, text]) => ({ path, blob: text }))),
    read: (blobs: readonly string[]) => Promise.resolve(new Map(blobs.map((text) => [text, text]))),
  } as unknown as DeliveryRepository;
  const { draft } = await carryOver(repository, {
    tip: 'tip',
    sourceCommit: 'source',
    others: new Map(Object.entries(wanted)),
    claimed: new Set(claimed),
    complete,
    nowMs: T0_MS,
  });
  return draft && Object.fromEntries(applyChanges(before, draft.changes));
}

describe('manifests that belong to no canary', () => {
  it('come, change and go as they do in the source', async () => {
    const delivered = { [`${OTHER}/a.yaml`]: '1', [`${OTHER}/b.yaml`]: '1' };
    const wanted = { [`${OTHER}/a.yaml`]: '2', [`${OTHER}/c.yaml`]: '1' };
    expect(await after({ delivered, wanted })).toEqual(wanted);
    expect(await after({ delivered: wanted, wanted })).toBeUndefined();
  });

  it('stay when not every file of the source could be read', async () => {
    const delivered = { [`${OTHER}/a.yaml`]: '1' };
    expect(await after({ delivered, wanted: {}, complete: false })).toBeUndefined();
  });
});

describe('an object that a canary of the source claims', () => {
  const path = `${OTHER}/deployment-cart.yaml`;

  it('stays as it is delivered until the canary takes it, also when the Canary is broken', async () => {
    const delivered = { [path]: 'running' };
    expect(await after({ delivered, wanted: {}, claimed: [path] })).toBeUndefined();
  });

  it('is not carried over when it was not delivered yet', async () => {
    expect(await after({ delivered: {}, wanted: {}, claimed: [path] })).toBeUndefined();
  });
});

describe('an object that a canary has on the branch', () => {
  const delivered = { [`${OWN}/deployment-cart.yaml`]: 'scaled' };
  const wanted = { [`${OTHER}/deployment-cart.yaml`]: 'as written' };

  it('is not written a second time when its Canary has left the source', async () => {
    expect(await after({ delivered, wanted })).toBeUndefined();
  });

  it('loses a second copy that stood there before', async () => {
    expect(await after({ delivered: { ...delivered, ...wanted }, wanted })).toEqual(delivered);
  });
});
