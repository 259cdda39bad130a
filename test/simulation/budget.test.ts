import { describe, expect, it } from 'vitest';
import { shortestPauseMs, untilNextMs } from '../../engine/controller/loop.ts';
import { World } from './world.ts';

/**
 * Goal: a server that takes few pushes stretches steps and nothing else. Method: everybody releases
 * at once, a quarter of it bad, to a repository that refuses the seventh push of a minute and
 * counts requests it did not want. `SERIN_ROLLOUTS=200` for the whole size.
 */
const ROLLOUTS = Number(process.env['SERIN_ROLLOUTS'] ?? 40);
const BUDGET = { perMinute: 6, reserved: 2 };
const POLL_MS = 10_000;
const PASSES_MAX = 400;

async function releaseEverywhere() {
  const names = Array.from({ length: ROLLOUTS }, (_, index) => `app-${index}`);
  const world = new World(7, { names, budget: BUDGET });
  for (const part of [world.repository, world.cluster, world.source]) part.faults = false;
  const waitsMs = { urgent: 0, ordinary: 0 };
  let atMs = 0;
  let afterMs = POLL_MS;
  for (let pass = 0; pass < PASSES_MAX; pass += 1) {
    const everybodyRests = world.records().every((record) => record?.awaiting === 'revision');
    if (everybodyRests && world.records()[0]?.rollout !== undefined) break;
    if (everybodyRests) world.source.release((index) => (index % 4 === 3 ? 'bad' : 'good'));
    atMs += afterMs;
    const result = await world.step(afterMs);
    if (result === undefined) throw new Error('nothing kills an engine here');
    for (const { lane, untilMs = Infinity, sinceMs } of result.queue) {
      waitsMs[lane] = Math.max(waitsMs[lane], untilMs - sinceMs);
    }
    afterMs = untilNextMs(result, world.nowMs, POLL_MS, shortestPauseMs(world.ports(), POLL_MS));
  }
  return { world, waitsMs, atMs };
}

describe('many rollouts at a server that takes six pushes a minute', () => {
  it('all come to their end, rollbacks at once, and no request is one too many', async () => {
    const { world, waitsMs } = await releaseEverywhere();
    const phases = world.records().map((record) => record?.phase);
    const failed = Math.floor(ROLLOUTS / 4);
    expect(phases.filter((phase) => phase === 'Failed')).toHaveLength(failed);
    expect(phases.filter((phase) => phase === 'Succeeded')).toHaveLength(ROLLOUTS - failed);
    expect(waitsMs.urgent).toBeLessThanOrEqual(POLL_MS);
    expect(waitsMs.ordinary).toBeGreaterThan(0);
    expect(waitsMs.ordinary).toBeLessThanOrEqual(60_000);
    expect(world.repository.refused).toBe(0);
    expect(world.repository.wasted).toBe(0);
  }, 600_000);
});
