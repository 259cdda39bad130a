import { describe, expect, it } from 'vitest';
import { type Component, until } from '../harness/component.ts';
import type { Stage } from '../harness/stage.ts';
import { envoyRoutes, expectPrimary, UNDISTURBED } from '../harness/story.ts';
import type { World } from '../harness/world.ts';

/** Every part is killed at three moments of a rollout, and the rollout ends as it would have. */
export function killScenario(world: () => World, stage: Stage): void {
  const { shop, story, users } = stage;
  const partsOf = ({ engine, controlPlane, gitServer, mesh, agent }: World) => [
    [engine],
    [controlPlane.apiServer],
    [gitServer],
    [mesh.prometheus],
    agent.components,
  ];
  const killEach = async () => {
    for (const part of partsOf(world())) {
      await Promise.all(part.map((component) => component.kill()));
      for (const component of part) await restarted(component);
    }
  };
  describe('a rollout while engine, API server, Git server, Prometheus and agent are killed', () => {
    it('three times each, ends as it would have, and no request fails', async () => {
      const mark = users.mark;
      stage.release();
      await killEach();
      await story.tells(/^canary weight 50/);
      await killEach();
      await story.tells(/^promote/);
      await killEach();
      await story.tells(/^finish/);
      expect(story.steps).toEqual(UNDISTURBED);
      await envoyRoutes(shop, 0);
      expectPrimary(shop, stage.version);
      expect(users.since(mark).failedBy).toEqual({ primary: 0, canary: 0, proxy: 0 });
    });
  });
}

/** As a kubelet does it: what ends because it finds no API server is started again. */
function restarted(component: Component): Promise<boolean> {
  const start = () =>
    component.start().then(
      () => true,
      () => false,
    );
  return until(`${component.options.name} runs again`, start, 60_000, 1_000);
}
