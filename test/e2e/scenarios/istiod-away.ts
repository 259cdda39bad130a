import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { serin } from '../harness/cli.ts';
import { until } from '../harness/component.ts';
import { kubectl } from '../harness/control-plane.ts';
import type { Stage } from '../harness/stage.ts';
import { envoyRoutes, UNDISTURBED } from '../harness/story.ts';
import { createEngine, type World } from '../harness/world.ts';

/** Two engines beside it: the minute is long enough for a lease to run out. */
export function istiodAwayScenario(world: () => World, stage: Stage): void {
  const { shop, story } = stage;
  const conditions = () => {
    const path = ['get', 'canary', shop.name, '-n', shop.namespace];
    return kubectl(...path, '-o', 'jsonpath={.status.conditions}');
  };
  describe('a step that is applied while istiod does not tell the proxies', () => {
    it('is NotLive after a minute, says whoever leads; the leader before, resumed, commits nothing stale', async () => {
      const { engine, agent, mesh } = world();
      const second = await createEngine('engine-2', agent).start();
      try {
        stage.release();
        await story.tells(/^start/);
        mesh.istiod.signal('SIGSTOP');
        await story.tells(/^canary weight 50/);
        engine.signal('SIGSTOP');
        await until('the canary says NotLive', () => /NotLive/.test(conditions()), 100_000, 1_000);
        expect(story.steps).toEqual(['start', 'canary weight 50']);
        expect(await serin('status')).toMatch(/not live/i);
        mesh.istiod.signal('SIGCONT');
        await envoyRoutes(shop, 50);
        await story.tells(/^promote/);
        engine.signal('SIGCONT');
        await story.tells(/^finish/);
        await sleep(5_000);
        expect(story.steps).toEqual(UNDISTURBED);
      } finally {
        mesh.istiod.signal('SIGCONT');
        // The first engine leads again: the second gives the lease back.
        engine.signal('SIGCONT');
        await second.stop();
      }
    });
  });
}
