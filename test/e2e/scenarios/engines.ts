import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Stage } from '../harness/stage.ts';
import { UNDISTURBED } from '../harness/story.ts';
import { createEngine, type World } from '../harness/world.ts';

export function enginesScenario(world: () => World, stage: Stage): void {
  const { story } = stage;
  describe('two engines', () => {
    it('go on when the leader is paused past its lease; resumed, it commits nothing stale', async () => {
      const second = await createEngine('engine-2', world().agent).start();
      try {
        stage.release();
        await story.tells(/^canary weight 50/);
        world().engine.signal('SIGSTOP');
        await story.tells(/^promote/);
        world().engine.signal('SIGCONT');
        await story.tells(/^finish/);
        await sleep(5_000);
        expect(story.steps).toEqual(UNDISTURBED);
      } finally {
        // The first engine leads again: the second gives the lease back.
        world().engine.signal('SIGCONT');
        await second.stop();
      }
    });
  });
}
