import { describe, expect, it } from 'vitest';
import { movesObjects, withMoves, withNeighbours } from '../../../engine/render/moves.ts';
import { aSpec } from '../../support/builders.ts';

const OWN = 'workloads/shop/cart/deployment-cart.yaml';
const OTHER = 'workloads/shop/_other/deployment-cart.yaml';
const APEX = 'traffic/shop/cart/service-cart.yaml';
const APEX_OTHER = 'workloads/shop/_other/service-cart.yaml';
const APEX_LEFT = 'traffic/shop/_other/service-cart.yaml';
const write = (path: string, text = 'new') => ({ kind: 'write', path, text }) as const;
const remove = (path: string) => ({ kind: 'delete', path }) as const;
const nothing: ReadonlyMap<string, string> = new Map();
const empty = { carried: nothing, wanted: nothing };

describe('an object that moves', () => {
  it('to a canary leaves the folder of those that belong to none, in the same commit', () => {
    const changes = [write(OWN)];
    const carried = new Map([[OTHER, 'old']]);
    expect(withMoves(changes, { ...empty, carried })).toEqual([remove(OTHER), write(OWN)]);
    expect(withMoves(changes, empty)).toEqual(changes);
  });

  it('from a canary goes there if the source holds it still, and otherwise nowhere', () => {
    const wanted = new Map([[OTHER, 'as written']]);
    expect(withMoves([remove(OWN)], { ...empty, wanted })).toEqual([
      write(OTHER, 'as written'),
      remove(OWN),
    ]);
    expect(withMoves([remove(OWN)], empty)).toEqual([remove(OWN)]);
  });

  it('only comes to a canary or leaves it', () => {
    expect(movesObjects([write(OWN)], new Map())).toBe(true);
    expect(movesObjects([remove(OWN)], new Map([[OWN, 'old']]))).toBe(true);
    expect(movesObjects([write(OWN)], new Map([[OWN, 'old']]))).toBe(false);
    expect(movesObjects([remove('rollouts/shop/cart/record.yaml')], new Map())).toBe(false);
  });
});

describe('the public Service of a canary', () => {
  it.each([APEX_OTHER, APEX_LEFT])('comes from %s, wherever it stood', (place) => {
    const carried = new Map([[place, 'old']]);
    expect(withMoves([write(APEX)], { ...empty, carried })).toContainEqual(remove(place));
  });

  it('stays in the traffic when its canary leaves, as the source has it', () => {
    const wanted = new Map([[APEX_OTHER, 'as written']]);
    const left = new Map([[APEX_OTHER, 'as generated']]);
    expect(withMoves([remove(APEX)], { ...empty, wanted, left })).toEqual([
      write(APEX_LEFT, 'as written'),
      remove(APEX),
    ]);
  });

  it('stays as it was left where the source holds none', () => {
    const left = new Map([[APEX_OTHER, 'as generated']]);
    expect(withMoves([remove(APEX)], { ...empty, left })).toEqual([
      write(APEX_LEFT, 'as generated'),
      remove(APEX),
    ]);
  });

  it('is not pruned by the agent that it leaves before the other one has it', () => {
    const spec = aSpec();
    const place = 'workloads/default/_other/service-reviews.yaml';
    const text = '# ours\napiVersion: v1\nkind: Service\nmetadata:\n  name: reviews # public\n';
    const carried = new Map([[place, text]]);
    const reason = 'new canary';
    const release = { revision: 'one', source: 'one' };
    const change = { kind: 'create-primary', reason, release, configDigest: 'x' } as const;
    const [marked] = withNeighbours(spec, change, [], { ...empty, carried });
    expect(marked).toEqual(
      write(
        place,
        `# ours
apiVersion: v1
kind: Service
metadata:
  name: reviews # public
  annotations:
    serin/stays-with: Deployment/reviews
    kustomize.toolkit.fluxcd.io/prune: disabled
    argocd.argoproj.io/sync-options: Prune=false
`,
      ),
    );
    const again = new Map([[place, marked?.kind === 'write' ? marked.text : '']]);
    expect(withNeighbours(spec, change, [], { ...empty, carried: again })).toEqual([]);
  });
});
