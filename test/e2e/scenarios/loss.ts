import { afterAll, describe, expect, it } from 'vitest';
import { Shop } from '../harness/release.ts';
import { envoyRoutes, expectPrimary, Story } from '../harness/story.ts';
import { Users } from '../harness/traffic.ts';
import { rebuildCluster, type World } from '../harness/world.ts';
import type { Kills } from './kills.ts';

/**
 * Comes after the example's own rollouts: v2 runs there. Its first steps are taken while a neighbour ends a
 * rollout; the cluster is deleted when that one is at rest.
 */
export function lossScenario(world: () => World, kills: Kills): void {
  describe('a cluster that is deleted in the middle of step 3', () => {
    const shop = new Shop('default', {
      edit: (canary) => canary.replace('maxWeight: 50', 'maxWeight: 30'),
    });
    const story = new Story(shop);
    const users = new Users(shop.host, shop.port, 60);
    afterAll(() => users.stop());

    it('comes up from Git alone at that weight with both revisions, and the rollout goes on', async () => {
      await kills.over;
      users.start();
      story.turnPage();
      shop.release('v5');
      await Promise.all([story.tells(/^canary weight 30/), kills.survived]);
      await rebuildCluster(world());
      await envoyRoutes(shop, 30);
      expectPrimary(shop, 'v2');
      await story.tells(/^finish/);
      const ladder = [10, 20, 30].map((weight) => `canary weight ${weight}`);
      expect(story.steps).toEqual(['start', ...ladder, 'promote', 'shift', 'finish']);
      expectPrimary(shop, 'v5');
    });
  });
}
