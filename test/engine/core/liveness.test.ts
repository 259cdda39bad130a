import { describe, expect, it } from 'vitest';
import { effectiveLiveness, trafficLiveness, treeLiveness } from '../../../engine/core/liveness.ts';
import { canaryWeight } from '../../../engine/core/record.ts';

const synced = { state: 'synced', revision: 'a'.repeat(40) } as const;
const unknown = { state: 'unknown', why: 'the agent does not answer' } as const;
const weights = { primary: 80, canary: 20 };
const committed = { weights, mirrored: false };
const found = { state: 'found', weights, sinceMs: 7 } as const;

describe('pushed is not live:', () => {
  it('a step is live once the agent holds it and the routing object says it', () => {
    expect(trafficLiveness(synced, 'contained', committed, found)).toEqual({
      state: 'live',
      sinceMs: 7,
    });
  });

  it.each([
    ['the agent is behind', trafficLiveness(synced, 'behind', committed, found)],
    [
      'the object is missing',
      trafficLiveness(synced, 'contained', committed, { state: 'missing' }),
    ],
    [
      'the object says something else',
      trafficLiveness(
        synced,
        'contained',
        { ...committed, weights: { primary: 100, canary: 0 } },
        found,
      ),
    ],
    [
      'the object mirrors and the commit does not',
      trafficLiveness(synced, 'contained', committed, { ...found, mirrored: true }),
    ],
  ])('not while %s', (_, liveness) => {
    expect(liveness.state).toBe('behind');
  });

  it('nothing is known while the agent or the cluster does not answer', () => {
    expect(trafficLiveness(unknown, 'contained', committed, found).state).toBe('unknown');
    expect(trafficLiveness(synced, 'contained', committed, unknown).state).toBe('unknown');
    expect(treeLiveness('workloads', unknown, 'contained').state).toBe('unknown');
    expect(treeLiveness('workloads', synced, 'behind').state).toBe('behind');
  });
});

describe('applied is not effective:', () => {
  const step = { from: canaryWeight(10), to: weights, appliedMs: 1_000, intervalMs: 60_000 };
  const effective = (verdict: 'shown' | 'refuted' | 'undecided' | 'untold', nowMs: number) =>
    effectiveLiveness(step, { verdict, why: 'as counted' }, 7_000, nowMs);

  it('a step counts from when its effect was first seen', () => {
    expect(effective('shown', 9_000)).toEqual({
      state: 'live',
      sinceMs: 7_000,
      effect: 'as counted',
    });
  });

  it('never while the previous weights are followed', () => {
    expect(effective('refuted', 9e9)).toEqual({ state: 'behind', why: 'as counted' });
  });

  it('too little traffic to tell holds it up for one interval, and no longer', () => {
    expect(effective('undecided', 60_999).state).toBe('behind');
    expect(effective('undecided', 61_000)).toMatchObject({ state: 'live', sinceMs: 1_000 });
  });

  it('the routing object is enough where nobody can tell', () => {
    expect(effective('untold', 2_000)).toMatchObject({ state: 'live', sinceMs: 1_000 });
  });
});
