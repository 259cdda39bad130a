import { expect, it } from 'vitest';
import type { EnginePorts } from '../../../engine/controller/engine-ports.ts';
import { EngineMemory } from '../../../engine/controller/memory.ts';
import { planPass } from '../../../engine/controller/pass.ts';
import { World } from '../../simulation/world.ts';

it('an evaluation that falls due while its canary is looked at waits for the next look', async () => {
  const world = new World(3, { names: ['reviews'] });
  for (const part of [world.repository, world.cluster, world.source]) part.faults = false;
  const awaits = (what: string) => world.records().every((record) => record?.awaiting === what);
  while (!awaits('revision')) await world.step(10_000);
  world.source.release(() => 'good');
  while (!awaits('analysis')) await world.step(10_000);
  const simulated = world.ports();
  const metrics: EnginePorts['metrics'] = {
    measure: (...args) => simulated.metrics.measure(...args),
    requests: () => Promise.resolve({ state: 'unmeasured', why: 'not counted here' }),
  };
  const ports = { ...simulated, metrics };
  const plan = async (clockMs: number, passingMs: number) => {
    let nowMs = clockMs;
    const clock = { ...ports.clock, nowMs: () => (nowMs += passingMs) };
    const { proposals } = await planPass({ ...ports, clock }, new EngineMemory());
    return proposals[0]?.outcome.result;
  };
  world.cluster.tick();
  const early = await plan(world.nowMs, 0);
  if (early?.kind !== 'waiting' || early.untilMs === undefined) throw new Error('nothing is due');
  for (let beforeMs = 0; beforeMs < 30; beforeMs += 1) {
    const result = await plan(early.untilMs - beforeMs, 1);
    expect(result?.kind).toMatch(/^(waiting|committed)$/);
  }
});
