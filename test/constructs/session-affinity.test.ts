import { App, Chart, Duration } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import {
  Canary,
  type CanaryProps,
  PropertyError,
  type SessionAffinityProps,
  Strategy,
  Target,
} from '../../constructs/index.ts';

function aCanary(differing: Partial<CanaryProps>) {
  return new Canary(new Chart(new App(), 'test'), 'canary', {
    target: Target.named('reviews'),
    service: { port: 9080 },
    strategy: Strategy.canary({ stepWeight: 10 }),
    threshold: 5,
    ...differing,
  });
}

describe('the cookies of a canary', () => {
  it.each([
    [{ cookieName: 'a b' }, /^sessionAffinity\.cookieName is "a b", /],
    [{ cookieName: 'a', primaryCookieName: '' }, /^sessionAffinity\.primaryCookieName is "", /],
    [
      { cookieName: 'a', primaryCookieName: 'a' },
      /^sessionAffinity\.primaryCookieName is "a", .* too/,
    ],
    [
      { cookieName: 'a', maxAge: Duration.millis(500) },
      /^sessionAffinity\.maxAge is "0\.5 seconds"/,
    ],
    [{ cookieName: 'a', path: 'shop' }, /^sessionAffinity\.path is "shop", .*: begin it with \//],
    [
      { cookieName: 'a', sameSite: 'None' },
      /^sessionAffinity\.sameSite is "None", .* secure: true/,
    ],
    [{ cookieName: 'a', partitioned: true }, /^sessionAffinity\.partitioned is true, /],
  ] satisfies [SessionAffinityProps, RegExp][])('are refused as %o', (sessionAffinity, message) => {
    expect(() => aCanary({ sessionAffinity })).toThrow(PropertyError);
    expect(() => aCanary({ sessionAffinity })).toThrow(message);
  });
});

describe('the gates of a canary', () => {
  it('stand beside the annotations that it has', () => {
    const canary = aCanary({ metadata: { annotations: { team: 'a' } }, gates: ['promotion'] });
    expect(canary.apiObject.metadata.toJson()).toEqual({
      name: 'reviews',
      annotations: { team: 'a', 'serin/gates': 'promotion' },
    });
  });

  it('are written in one place', () => {
    const metadata = { annotations: { 'serin/gates': 'rollout' } };
    expect(() => aCanary({ metadata, gates: ['promotion'] })).toThrow(
      /^gates is \["promotion"\], .* serin\/gates too: keep one of the two$/,
    );
  });
});
