import { describe, expect, it } from 'vitest';
import {
  type DeliveredLayer,
  effectiveLiveness,
  layerLiveness,
  lesserOf,
  trafficLiveness,
} from '../../../engine/core/liveness.ts';
import { canaryWeight } from '../../../engine/core/record.ts';

const synced = { state: 'synced', revision: 'a'.repeat(40) } as const;
const unknown = { state: 'unknown', why: 'the agent does not answer' } as const;
const routes = (
  sync: DeliveredLayer['sync'] = synced,
  containment: DeliveredLayer['containment'] = 'contained',
): DeliveredLayer => ({ layer: 'routes', sync, containment });
const weights = { primary: 80, canary: 20 };
const committed = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'reviews', namespace: 'shop' },
  spec: { http: [{ route: [{ weight: 80 }, { weight: 20 }] }] },
};
const found = { state: 'found', spec: committed.spec, sinceMs: 7 } as const;

describe('pushed is not live:', () => {
  it('a step is live once the agent holds it and the routing object says it', () => {
    expect(trafficLiveness(routes(), committed, found)).toEqual({
      state: 'live',
      sinceMs: 7,
    });
  });

  const other = { ...found, spec: { http: [{ route: [{ weight: 90 }, { weight: 10 }] }] } };
  it.each([
    [
      'the agent is behind',
      trafficLiveness(routes(synced, 'behind'), committed, found),
      'sync agent',
    ],
    [
      'the object is missing',
      trafficLiveness(routes(), committed, { state: 'missing' }),
      'VirtualService reviews does not exist in the cluster yet',
    ],
    [
      'the object says something else',
      trafficLiveness(routes(), committed, other),
      'VirtualService reviews in the cluster: spec.http[0].route[0].weight is 90, committed is 80',
    ],
    [
      'its controller has not accepted it',
      trafficLiveness(routes(), committed, { ...found, refused: 'Gateway a says no' }),
      'VirtualService reviews in the cluster: Gateway a says no',
    ],
  ])('not while %s', (_, liveness, why) => {
    expect(liveness).toEqual({ state: 'behind', why: expect.stringContaining(why) });
  });

  it('nothing is known while the agent or the cluster does not answer', () => {
    expect(trafficLiveness(routes(unknown), committed, found).state).toBe('unknown');
    expect(trafficLiveness(routes(), committed, unknown).state).toBe('unknown');
    expect(trafficLiveness(routes(), undefined, found).state).toBe('unknown');
    expect(layerLiveness(routes(unknown)).state).toBe('unknown');
    expect(layerLiveness(routes(synced, 'behind')).state).toBe('behind');
  });

  it('of two layers the one counts that holds the canary up', () => {
    const given = { ...routes(), layer: 'traffic' } as const;
    const behind = routes(synced, 'behind');
    expect(lesserOf(given, behind)).toBe(behind);
    expect(lesserOf(behind, given)).toBe(behind);
    expect(lesserOf(behind, routes(unknown)).sync).toBe(unknown);
    expect(layerLiveness(lesserOf(given, behind))).toMatchObject({
      why: expect.stringContaining('does not hold the committed routes yet') as string,
    });
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
