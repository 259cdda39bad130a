import { describe, expect, it } from 'vitest';
import { until } from '../harness/component.ts';
import { kubectl } from '../harness/control-plane.ts';
import { canaryShareInEnvoy, refusedByProxies } from '../harness/envoy.ts';
import { deliveryLog } from '../harness/git.ts';
import { Shop } from '../harness/release.ts';
import { get, Users } from '../harness/traffic.ts';
import type { World } from '../harness/world.ts';

/** Enough to tell 10 % from 13 %: four standard deviations are 2.7 points. */
const REQUESTS_PER_STEP = 2_000;
const PER_SECOND = 260;

/** The example of the README, release by release, under constant load. */
export function rolloutScenario(world: () => World): void {
  describe('the example under constant load', () => {
    const shop = new Shop('default');
    let users: Users;
    const decisions = () => deliveryLog(shop.subject);
    const decided = (what: RegExp, timeoutMs = 150_000) =>
      until(`a commit ${what}`, () => decisions().some((each) => what.test(each)), timeoutMs);

    it('initializes v1 without a failed request', async () => {
      shop.prepare();
      shop.release('v1');
      await until('the apex answers', async () => (await get(shop.host, shop.port)).status === 200);
      users = new Users(shop.host, shop.port, PER_SECOND).start();
      await decided(/initialize: scale target to 0/);
      await until('the target is scaled down', () => replicasOf(shop, shop.name) === 0);
      await until('a second of load', () => users.mark > PER_SECOND);
      expect(users.since(0).failedBy).toEqual({ primary: 0, canary: 0, proxy: 0 });
    });

    it('takes v2 through 10…50, each step as split as commanded, and promotes it', async () => {
      shop.release('v2');
      for (const weight of [10, 20, 30, 40, 50]) {
        await until(
          `Envoy routes ${weight} %`,
          async () => (await canaryShareInEnvoy(shop.host)) === weight,
          60_000,
        );
        const mark = users.mark;
        await until('enough requests', () => users.mark - mark >= REQUESTS_PER_STEP, 15_000, 20);
        const { sent, canary } = users.since(mark);
        const expected = (sent * weight) / 100;
        const sigma = Math.sqrt(expected * (1 - weight / 100));
        expect(await canaryShareInEnvoy(shop.host)).toBe(weight);
        expect(Math.abs(canary - expected)).toBeLessThan(4 * sigma);
        await until('the agent calls it settled', () => world().agent.isSettled(), 10_000, 500);
      }
      await decided(/finish, scale target to 0/);
      const spec = podSpec(shop, shop.primary);
      expect(spec).toContain('v2');
      expect(users.since(0).failedBy).toEqual({ primary: 0, canary: 0, proxy: 0 });
    });

    it('behaves towards kubectl as Flagger does', () => {
      const name = `canary/${shop.name}`;
      const at = ['-n', shop.namespace];
      kubectl('wait', '--for=condition=promoted', '--timeout=20s', name, ...at);
      expect(kubectl('get', 'canary', shop.name, ...at)).toMatch(
        /NAME +STATUS +WEIGHT +LASTTRANSITIONTIME\nreviews +Succeeded +0 /,
      );
      expect(kubectl('describe', 'canary', shop.name, ...at)).toMatch(/Advance reviews.default/);
    });

    it.each([
      ['v3', 'one request in twenty fails', { ERROR_RATE: '0.05' }, /request-success-rate 9\d/],
      ['v4', 'it answers too late', { LATENCY_MS: '700' }, /request-duration \d+ms > 500ms/],
    ])('reverts %s because %s', async (version, _, behaviour, reason) => {
      const before = decisions().length;
      const mark = users.mark;
      shop.release(version, behaviour);
      const since = await until(
        'a rollback',
        () => {
          const subjects = decisions().slice(before);
          return subjects.some((subject) => subject.includes('rollback')) && subjects;
        },
        150_000,
      );
      expect(since.filter((subject) => subject.includes('check failed'))).toHaveLength(5);
      expect(since.findLast((subject) => subject.includes('check failed'))).toMatch(reason);
      await until('Envoy routes 0 %', async () => (await canaryShareInEnvoy(shop.host)) === 0);
      expect(podSpec(shop, shop.primary)).toContain('v2');
      expect(users.since(mark).failedBy).toMatchObject({ primary: 0, proxy: 0 });
    });

    it('had no route refused and no request of the primary failed, from first to last', async () => {
      const all = await users.stop();
      expect(all.failedBy).toMatchObject({ primary: 0, proxy: 0 });
      expect(refusedByProxies()).not.toContain(String(shop.port));
    });
  });
}

function replicasOf(shop: Shop, name: string): number {
  const path = ['get', 'deployment', name, '-n', shop.namespace];
  return Number(kubectl(...path, '-o', 'jsonpath={.spec.replicas}'));
}

function podSpec(shop: Shop, name: string): string {
  const path = ['get', 'deployment', name, '-n', shop.namespace];
  return kubectl(...path, '-o', 'jsonpath={.spec.template.spec.containers[0].env}');
}
