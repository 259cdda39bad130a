import { describe, expect, it } from 'vitest';
import { breakPods } from '../harness/broken-pods.ts';
import { until } from '../harness/component.ts';
import { kubectl } from '../harness/control-plane.ts';
import type { Stage } from '../harness/stage.ts';
import { envoyRoutes, expectPrimary, UNDISTURBED } from '../harness/story.ts';
import type { World } from '../harness/world.ts';

/** A poke and an apply while the agent has other canaries to look after; a sync never comes. */
const SOON_MS = 20_000;

/** People and pods that do not behave. */
export function driftScenario(world: () => World, stage: Stage): void {
  const { shop, story } = stage;
  describe('a rollout in a cluster that does not hold still', () => {
    it('goes on undisturbed when somebody edits the route by hand: the agent heals it', async () => {
      stage.release();
      await story.tells(/^canary weight 50/);
      await envoyRoutes(shop, 50);
      editRoute(shop.name, shop.namespace, { primary: 77, canary: 23 });
      await envoyRoutes(shop, 23);
      await envoyRoutes(shop, 50);
      await story.tells(/^finish/);
      expect(story.steps).toEqual(UNDISTURBED);
      expectPrimary(shop, stage.version);
    });

    it('takes traffic off a canary without ready pods at once, though its workloads are not synced', async () => {
      const promoted = stage.version;
      stage.release();
      await story.tells(/^canary weight 50/);
      await envoyRoutes(shop, 50);
      // An agent that is stopped while it looks would not call anything settled, the example neither.
      await until('the agent calls it settled', () => world().agent.isSettled(), SOON_MS, 500);
      world().agent.suspendWorkloads(true);
      const mend = breakPods(shop.namespace, `${shop.name}-`, `${shop.primary}-`);
      const brokenMs = Date.now();
      try {
        await story.tells(/^rollback/, SOON_MS);
        await envoyRoutes(shop, 0);
        expect(Date.now() - brokenMs).toBeLessThan(SOON_MS);
      } finally {
        mend();
        world().agent.suspendWorkloads(false);
      }
      expect(story.lines.find((line) => line.startsWith('rollback'))).toMatch(/ready/);
      await story.tells(/^clean up/);
      expectPrimary(shop, promoted);
    });
  });
}

function editRoute(
  name: string,
  namespace: string,
  weights: { readonly primary: number; readonly canary: number },
): void {
  const change = [weights.primary, weights.canary].map((value, at) => ({
    op: 'replace',
    path: `/spec/http/0/route/${at}/weight`,
    value,
  }));
  const patch = ['--type=json', '-p', JSON.stringify(change)];
  kubectl('patch', 'virtualservice', name, '-n', namespace, ...patch);
}
