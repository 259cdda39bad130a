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
  /** Of the source, beside what is wanted. */
  readonly held?: Readonly<Record<string, string>>;
  readonly complete?: boolean;
  /** The agent has been given another commit. */
  readonly isBehind?: boolean;
}

/** The branch after a carry-over, or nothing when it has nothing to do. */
async function after({
  delivered,
  wanted,
  claimed = [],
  held = {},
  complete = true,
  isBehind,
}: Case) {
  const revision = 'synced';
  const before: Files = new Map(Object.entries(delivered));
  const repository = {
    list: (_: string, folder: string) =>
      Promise.resolve(
        [...before]
          .filter(([path]) => path.startsWith(`${folder}/`))
          .map(([path, text]) => ({ path, blob: text })),
      ),
    containment: () => Promise.resolve(isBehind === true ? 'behind' : 'contained'),
    read: (blobs: readonly string[]) => Promise.resolve(new Map(blobs.map((text) => [text, text]))),
  } as unknown as DeliveryRepository;
  const { draft } = await carryOver(repository, {
    tip: 'tip',
    sourceCommit: 'source',
    others: new Map(Object.entries(wanted)),
    claimed: new Set(claimed),
    held: new Map(Object.entries({ ...wanted, ...held })),
    complete,
    nowMs: T0_MS,
    synced: () => Promise.resolve({ state: 'synced', revision }),
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

describe('an object that a canary has in the traffic', () => {
  const place = 'traffic/shop/cart/service-cart.yaml';
  const wanted = { [`${OTHER}/service-cart.yaml`]: 'as written' };

  it('is not written among the workloads when the source holds one as well', async () => {
    expect(await after({ delivered: { [place]: 'generated' }, wanted })).toBeUndefined();
  });
});

describe('an object that a canary has left in the traffic', () => {
  const place = 'traffic/shop/_other/service-cart.yaml';
  const service = (note = '') => `kind: Service\nmetadata:\n  name: cart\n${note}`;
  const note = (...more: readonly string[]) =>
    ['  annotations:', '    serin/stays-with: Deployment/cart', ...more, ''].join('\n');
  const held = { [`${OTHER}/deployment-cart.yaml`]: 'target' };

  it('follows the source there, and never moves to another tree', async () => {
    const wanted = { [`${OTHER}/service-cart.yaml`]: service() };
    const delivered = { [place]: service(note()) };
    expect(await after({ delivered, wanted })).toEqual({ [place]: service() });
    expect(await after({ delivered: { [place]: service() }, wanted })).toBeUndefined();
  });

  it('goes when the source took it over and holds it no more', async () => {
    expect(await after({ delivered: { [place]: service() }, wanted: {}, held })).toEqual({});
  });

  it('stays as long as the target that it leads to, where the source never held it', async () => {
    const delivered = { [place]: service(note()) };
    expect(await after({ delivered, wanted: {}, held })).toBeUndefined();
    expect(await after({ delivered, wanted: {} })).toEqual({});
  });

  it('goes only once its agent is no longer kept from pruning it', async () => {
    const among = `${OTHER}/service-cart.yaml`;
    const marked = service(note('    kustomize.toolkit.fluxcd.io/prune: disabled'));
    const unmarked = { [among]: service(note()) };
    expect(await after({ delivered: { [among]: marked }, wanted: {} })).toEqual(unmarked);
    expect(await after({ delivered: unmarked, wanted: {}, isBehind: true })).toBeUndefined();
    expect(await after({ delivered: unmarked, wanted: {} })).toEqual({});
  });

  it('is kept from pruning no longer when its canary left before it could take it', async () => {
    const marks = note(
      '    kustomize.toolkit.fluxcd.io/prune: disabled',
      '    argocd.argoproj.io/sync-options: ServerSideApply=true,Prune=false',
    );
    const among = `${OTHER}/service-cart.yaml`;
    const unmarked = note('    argocd.argoproj.io/sync-options: ServerSideApply=true');
    expect(await after({ delivered: { [among]: service(marks) }, wanted: {}, held })).toEqual({
      [among]: service(unmarked),
    });
  });
});

describe('an object that waits for its canary to take it', () => {
  const among = `${OTHER}/service-cart.yaml`;
  const service = (port: number, marks = '') =>
    `kind: Service\nmetadata:\n  name: cart\n${marks}spec:\n  port: ${port}\n`;
  const marks = [
    '  annotations:',
    '    serin/stays-with: Deployment/cart',
    '    kustomize.toolkit.fluxcd.io/prune: disabled',
    '    argocd.argoproj.io/sync-options: Prune=false',
    '',
  ].join('\n');
  const target = { [`${OTHER}/deployment-cart.yaml`]: 'as written' };
  const canary = { [`${OWN}/deployment-cart.yaml`]: 'scaled' };
  const delivered = { ...canary, [among]: service(80, marks) };

  it('keeps its marks while the Canary has left the source and not the branch: it may come back', async () => {
    expect(await after({ delivered, wanted: { ...target, [among]: service(80) } })).toBeUndefined();
    expect(await after({ delivered, wanted: { ...target, [among]: service(81) } })).toEqual({
      ...canary,
      [among]: service(81, marks),
    });
    expect(await after({ delivered, wanted: {}, held: target })).toBeUndefined();
  });

  it('loses them when its Canary is there and wants another one', async () => {
    const claimed = Object.keys(target);
    expect(await after({ delivered, wanted: { [among]: service(80) }, claimed })).toEqual({
      ...canary,
      [among]: service(80),
    });
  });
});
