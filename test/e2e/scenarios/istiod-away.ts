import { describe, expect, it } from 'vitest';
import { serin } from '../harness/cli.ts';
import { until } from '../harness/component.ts';
import { kubectl } from '../harness/control-plane.ts';
import type { Stage } from '../harness/stage.ts';
import { envoyRoutes, UNDISTURBED } from '../harness/story.ts';
import type { World } from '../harness/world.ts';

export function istiodAwayScenario(world: () => World, stage: Stage): void {
  const { shop, story } = stage;
  const conditions = () => {
    const path = ['get', 'canary', shop.name, '-n', shop.namespace];
    return kubectl(...path, '-o', 'jsonpath={.status.conditions}');
  };
  describe('a step that is applied while istiod does not tell the proxies', () => {
    it('is NotLive after a minute, and goes on when istiod is back', async () => {
      stage.release();
      await story.tells(/^start/);
      world().mesh.istiod.signal('SIGSTOP');
      try {
        await story.tells(/^canary weight 50/);
        await until('the canary says NotLive', () => /NotLive/.test(conditions()), 100_000, 1_000);
        expect(story.steps).toEqual(['start', 'canary weight 50']);
        expect(await serin('status')).toMatch(/not live/i);
      } finally {
        world().mesh.istiod.signal('SIGCONT');
      }
      await envoyRoutes(shop, 50);
      await story.tells(/^finish/);
      expect(story.steps).toEqual(UNDISTURBED);
    });
  });
}
