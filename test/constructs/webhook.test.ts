import { Duration } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { PropertyError, Webhook } from '../../constructs/index.ts';

const url = 'http://flagger-loadtester.test/';

describe('Webhook', () => {
  it('writes a rollout check with everything it was given', () => {
    const webhook = Webhook.rollout({
      name: 'smoke',
      url,
      timeout: Duration.minutes(2),
      retries: 3,
      metadata: { suite: 'fast' },
    });
    expect(webhook._toKube()).toEqual({
      name: 'smoke',
      url,
      timeout: '2m',
      retries: 3,
      metadata: { suite: 'fast' },
    });
  });

  it('writes a load test as the command for the load tester', () => {
    const webhook = Webhook.loadTest({ url, command: 'hey -z 1m http://reviews-canary/' });
    expect(webhook._toKube()).toEqual({
      name: 'load-test',
      url,
      metadata: { cmd: 'hey -z 1m http://reviews-canary/' },
    });
  });

  it.each([
    ['confirmRollout', 'confirm-rollout'],
    ['preRollout', 'pre-rollout'],
    ['confirmTrafficIncrease', 'confirm-traffic-increase'],
    ['confirmPromotion', 'confirm-promotion'],
    ['rollback', 'rollback'],
    ['postRollout', 'post-rollout'],
    ['event', 'event'],
  ] as const)('writes %s by its type, with how it is called', (factory, type) => {
    const webhook = Webhook[factory]({ name: 'ask', url, disableTls: true, muteAlert: true });
    const written = { name: 'ask', type, url, disableTls: true, muteAlert: true };
    expect(webhook._toKube()).toEqual(written);
  });

  it('writes a listener to events by its type', () => {
    expect(Webhook.event({ name: 'audit', url })._toKube()).toEqual({
      name: 'audit',
      type: 'event',
      url,
    });
  });

  it.each([
    [{ name: ' ' }, /^name is " ", /],
    [{ url: 'flagger-loadtester' }, /^url is "flagger-loadtester", .* http or https/],
    [{ url: 'ftp://files.test/' }, /^url is "ftp:\/\/files\.test\/", /],
    [{ timeout: Duration.millis(0) }, /^timeout is "0 ms", /],
    [{ retries: 21 }, /^retries is 21, .* from 0 to 20/],
    [{ retries: 0.5 }, /^retries is 0\.5, /],
  ])('refuses %o', (differing, message) => {
    const options = { name: 'smoke', url, ...differing };
    expect(() => Webhook.rollout(options)).toThrow(PropertyError);
    expect(() => Webhook.rollout(options)).toThrow(message);
  });

  it('refuses a load test without a command', () => {
    expect(() => Webhook.loadTest({ url, command: '' })).toThrow(/^command is "", /);
  });
});
