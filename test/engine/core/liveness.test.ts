import { describe, expect, it } from 'vitest';
import { trafficLiveness, workloadsLiveness } from '../../../engine/core/liveness.ts';

const synced = { state: 'synced', revision: 'a'.repeat(40) } as const;
const unknown = { state: 'unknown', why: 'the agent does not answer' } as const;
const committed = { primary: 80, canary: 20 };
const found = { state: 'found', weights: committed, sinceMs: 7 } as const;

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
      trafficLiveness(synced, 'contained', { primary: 100, canary: 0 }, found),
    ],
  ])('not while %s', (_, liveness) => {
    expect(liveness.state).toBe('behind');
  });

  it('nothing is known while the agent or the cluster does not answer', () => {
    expect(trafficLiveness(unknown, 'contained', committed, found).state).toBe('unknown');
    expect(trafficLiveness(synced, 'contained', committed, unknown).state).toBe('unknown');
    expect(workloadsLiveness(unknown, 'contained').state).toBe('unknown');
    expect(workloadsLiveness(synced, 'behind').state).toBe('behind');
  });
});
