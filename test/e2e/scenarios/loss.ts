import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../harness/component.ts';
import { read } from '../harness/control-plane.ts';
import { Shop } from '../harness/release.ts';
import { envoyRoutes, expectPrimary, Story } from '../harness/story.ts';
import { Users } from '../harness/traffic.ts';
import { rebuildCluster, type World } from '../harness/world.ts';

/** Comes after the example's own rollouts: v2 runs there. */
export function lossScenario(world: () => World): void {
  describe('a cluster that is deleted in the middle of step 3', () => {
    const shop = new Shop('default', {
      edit: (canary) => canary.replace('maxWeight: 50', 'maxWeight: 30'),
    });
    const story = new Story(shop);
    let users: Users;
    beforeAll(() => {
      users = new Users(shop.host, shop.port, 60).start();
    });
    afterAll(() => users.stop());

    it('comes up from Git alone at that weight with both revisions, and the rollout goes on', async () => {
      story.turnPage();
      shop.release('v5');
      await story.tells(/^canary weight 30/);
      await rebuildCluster(world());
      await envoyRoutes(shop, 30);
      await until('its primary is there', () => read('deployment', shop.primary, shop.namespace));
      expectPrimary(shop, 'v2');
      await story.tells(/^finish/);
      const ladder = [10, 20, 30].map((weight) => `canary weight ${weight}`);
      expect(story.steps).toEqual(['start', ...ladder, 'promote', 'shift', 'finish']);
      expectPrimary(shop, 'v5');
    });
  });
}
