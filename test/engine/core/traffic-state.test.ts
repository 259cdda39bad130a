import { describe, expect, it } from 'vitest';
import { trafficStateOf } from '../../../engine/core/traffic-state.ts';
import { ALL_ON_PRIMARY } from '../../../engine/core/record.ts';
import { aRecord, aRunningRecord, aSpec } from '../../support/builders.ts';

const cookieName = 'session';
const flags = { maxAgeSeconds: 86_400, httpOnly: false, secure: false, partitioned: false };
const sticky = aSpec({ sessionAffinity: { ...flags, cookieName } });
const stickyBoth = aSpec({
  sessionAffinity: { ...flags, cookieName, primaryCookieName: 'session-primary' },
});
const promotedOnce = { ...aRecord().promoted, rollout: 1 };

describe('the routes of a record', () => {
  it('say its weights and its mirror', () => {
    expect(trafficStateOf(aSpec(), aRunningRecord())).toEqual({
      weights: { primary: 80, canary: 20 },
      mirrored: false,
    });
    const mirrored = aRunningRecord({ weights: ALL_ON_PRIMARY, mirrored: true });
    const strategy = { kind: 'canary', stepWeights: [50], mirror: { percent: 10 } } as const;
    expect(trafficStateOf(aSpec({ strategy }), mirrored).mirrored).toBe(true);
    expect(trafficStateOf(aSpec(), mirrored).mirrored).toBe(false);
  });

  it('set no cookie before anybody has met a canary', () => {
    expect(trafficStateOf(sticky, aRecord()).cookies).toEqual({});
  });

  it('keep users at the canary they have met, all through a rollout and no longer', () => {
    const cookie = (number: number, canary: number) => {
      const weights = { primary: 100 - canary, canary };
      return trafficStateOf(sticky, aRunningRecord({ weights }, { number })).cookies?.canary;
    };
    expect(cookie(1, 50)).toBe(cookie(1, 20));
    expect(cookie(2, 20)).not.toBe(cookie(1, 20));
    expect(cookie(1, 0)).toBeUndefined();
  });

  it('keep users at the primary where that cookie has a name', () => {
    expect(trafficStateOf(sticky, aRunningRecord()).cookies?.primary).toBeUndefined();
    const { cookies } = trafficStateOf(stickyBoth, aRunningRecord());
    expect(cookies?.primary).toBeDefined();
    expect(cookies?.primary).not.toBe(cookies?.canary);
  });

  it('take the cookie of a promoted rollout back, until the next one has traffic', () => {
    const met = trafficStateOf(sticky, aRunningRecord()).cookies?.canary;
    const expired = { cookies: { expired: met } };
    const shifted = aRunningRecord({ phase: 'Finalising', weights: ALL_ON_PRIMARY });
    expect(trafficStateOf(sticky, shifted)).toMatchObject(expired);
    const next = aRunningRecord(
      { awaiting: 'canary-ready', weights: ALL_ON_PRIMARY, promoted: promotedOnce },
      { number: 2 },
    );
    expect(trafficStateOf(sticky, next)).toMatchObject(expired);
    const exposed = aRunningRecord({ promoted: promotedOnce }, { number: 2 });
    expect(trafficStateOf(sticky, exposed).cookies).not.toHaveProperty('expired');
  });

  it('are after a rollback what they were before the rollout', () => {
    const before = aRecord({ promoted: promotedOnce });
    const after = aRunningRecord(
      { phase: 'Failed', weights: ALL_ON_PRIMARY, promoted: promotedOnce },
      { number: 2 },
    );
    expect(trafficStateOf(sticky, after)).toEqual(trafficStateOf(sticky, before));
  });
});
