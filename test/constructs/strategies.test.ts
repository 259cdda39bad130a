import { join } from 'node:path';
import { Duration } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import {
  Canary,
  type CanaryProps,
  manifestYaml,
  Strategy,
  Target,
  Webhook,
} from '../../constructs/index.ts';
import { synthManifests } from '../../constructs/testing.ts';
import { loadSource } from '../../engine/config/load-source.ts';
import { expectFolder, goldenInput } from '../support/golden.ts';
import { aDeploymentFile } from '../support/manifests.ts';

const GATEWAY = { port: 9080, gatewayRefs: [{ name: 'public', namespace: 'infra' }] };
const BETA = { headers: { 'x-beta': { exact: 'always' } } };
const url = 'http://gates.release/';

type Case = Partial<CanaryProps> & Pick<CanaryProps, 'strategy'>;

/** One canary for each way to release. */
const CASES: Readonly<Record<string, Case>> = {
  'ab-testing': {
    strategy: Strategy.abTesting({
      iterations: 10,
      match: [BETA, { headers: { cookie: { regex: '^(.*?;)?(canary=always)(;.*)?$' } } }],
    }),
  },
  'ab-testing-on-a-gateway': {
    provider: 'gatewayapi:v1',
    service: GATEWAY,
    strategy: Strategy.abTesting({
      iterations: 10,
      match: [BETA, { queryParams: { beta: { exact: 'always' } } }],
    }),
  },
  'blue-green': {
    provider: 'kubernetes',
    strategy: Strategy.blueGreen({ iterations: 5 }),
  },
  'blue-green-mirror': { strategy: Strategy.blueGreen({ iterations: 5, mirrorPercent: 100 }) },
  mirror: { strategy: Strategy.canary({ stepWeight: 20, mirrorPercent: 30 }) },
  'matched-weights': { strategy: Strategy.canary({ stepWeight: 20, match: [BETA] }) },
  'session-affinity': {
    strategy: Strategy.canary({ stepWeight: 20 }),
    sessionAffinity: {
      cookieName: 'reviews.session',
      primaryCookieName: 'reviews.primary',
      maxAge: Duration.hours(1),
      domain: 'shop.example.com',
      path: '/',
      sameSite: 'Lax',
      httpOnly: true,
      secure: true,
    },
  },
  gates: {
    strategy: Strategy.canary({ stepWeights: [5, 50] }),
    gates: ['rollout', 'promotion'],
    webhooks: [
      Webhook.confirmRollout({ name: 'team', url }),
      Webhook.preRollout({ name: 'contract test', url, timeout: Duration.minutes(1), retries: 2 }),
      Webhook.confirmTrafficIncrease({ name: 'business hours', url, muteAlert: true }),
      Webhook.confirmPromotion({ name: 'owner', url, disableTls: true }),
      Webhook.rollback({ name: 'red button', url }),
      Webhook.postRollout({ name: 'release notes', url }),
    ],
  },
  'skipped-and-suspended': {
    strategy: Strategy.canary({ stepWeight: 100 }),
    skipAnalysis: true,
    suspend: true,
  },
};

function canaryText(differing: Case): string {
  const props = {
    target: Target.named('reviews'),
    service: { port: 9080 },
    threshold: 5,
    ...differing,
  };
  return synthManifests((chart) => new Canary(chart, 'canary', props))
    .map(manifestYaml)
    .join('---\n');
}

/** A canary as the engine reads it; the target's name is all that matters of the target. */
function specOf(text: string) {
  const source = `${text}---\n${aDeploymentFile()}`;
  const { canaries, problems } = loadSource([{ path: 'reviews.yaml', text: source }], {
    established: new Set(),
  });
  expect(problems).toEqual([]);
  return canaries[0]?.spec;
}

describe('a canary made with the constructs', () => {
  it('is the golden one, for each way to release', () => {
    const files = Object.entries(CASES).map(
      ([name, differing]) => [`${name}.yaml`, canaryText(differing)] as const,
    );
    expectFolder(join(import.meta.dirname, 'expected'), new Map(files));
  });

  it.each(Object.entries(CASES))('is read by the engine without a problem: %s', (_, differing) => {
    expect(specOf(canaryText(differing))).toBeDefined();
  });

  it.each([
    ['ab-testing', 'istio/ab-testing'],
    ['ab-testing-on-a-gateway', 'gatewayapi/ab-testing'],
    ['blue-green', 'kubernetes/blue-green'],
    ['blue-green-mirror', 'istio/blue-green-mirror'],
    ['mirror', 'istio/mirror'],
    ['matched-weights', 'istio/matched-weights'],
  ] as const)('says what the YAML of the golden routes says: %s', (name, golden) => {
    const differing = CASES[name];
    if (differing === undefined) throw new Error(`no case ${name}`);
    expect(specOf(canaryText(differing))).toEqual(specOf(goldenInput(golden, 'canary.yaml')));
  });

  it('keeps sessions as the YAML of the golden routes does', () => {
    const differing = CASES['session-affinity'];
    if (differing === undefined) throw new Error('no such case');
    const { sessionAffinity } = specOf(canaryText(differing))?.analysis ?? {};
    expect(sessionAffinity).toBeDefined();
    const golden = specOf(goldenInput('istio/sessions', 'canary.yaml'));
    expect(sessionAffinity).toEqual(golden?.analysis.sessionAffinity);
  });
});
