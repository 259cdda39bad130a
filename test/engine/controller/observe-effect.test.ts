import { expect, it } from 'vitest';
import { EngineMemory } from '../../../engine/controller/memory.ts';
import { momentsOf, observeEffect } from '../../../engine/controller/observe-effect.ts';
import type { RequestCounts } from '../../../engine/core/effect.ts';
import { canaryWeight } from '../../../engine/core/record.ts';
import type { EnginePorts } from '../../../engine/controller/engine-ports.ts';
import { aRunningRecord, aSpec, MINUTE_MS, T0_MS } from '../../support/builders.ts';

const record = aRunningRecord({ step: { from: canaryWeight(10), committedMs: T0_MS } });
const applied = { state: 'live', sinceMs: T0_MS + 1_000 } as const;
const away: RequestCounts = { state: 'unmeasured', why: 'away' };
const counted = (canary: number): RequestCounts => ({
  state: 'counted',
  canary,
  primary: 1_000 - canary,
});

/** One engine that looks at one step; each look is answered as the test says. */
function anEngine(intervalMs = MINUTE_MS) {
  const memory = new EngineMemory();
  const asked: (readonly [windowMs: number, endMs: number])[] = [];
  return {
    asked,
    notes: () => memory.step('default/reviews', record),
    async look(nowMs: number, answer: (endMs: number) => RequestCounts) {
      const requests = (_: unknown, windowMs: number, endMs: number) => {
        asked.push([windowMs, endMs]);
        return Promise.resolve(answer(endMs));
      };
      const ports = { clock: { nowMs: () => nowMs }, metrics: { requests } };
      const notes = memory.step('default/reviews', record);
      return observeEffect(
        ports as unknown as EnginePorts,
        aSpec({ intervalMs }),
        record,
        notes,
        applied,
      );
    },
  };
}

it('a step is live from when its effect was first seen, and is not asked about again', async () => {
  const engine = anEngine();
  expect((await engine.look(T0_MS + 5_000, () => counted(100))).state).toBe('behind');
  const live = { state: 'live', sinceMs: T0_MS + 9_000 };
  expect(await engine.look(T0_MS + 9_000, () => counted(200))).toMatchObject(live);
  expect(await engine.look(T0_MS + 90_000, () => away)).toMatchObject(live);
  expect(engine.asked).toHaveLength(2);
  expect(momentsOf(engine.notes())).toEqual({
    appliedMs: T0_MS + 1_000,
    effectiveMs: T0_MS + 9_000,
  });
});

it.each([200, -2 * MINUTE_MS])(
  'what was counted before a step tells nothing of it, %d ms after it by the clock',
  async (afterMs) => {
    const engine = anEngine();
    const early = await engine.look(applied.sinceMs + afterMs, () => counted(200));
    expect(early.state).toBe('behind');
    expect((await engine.look(applied.sinceMs + 5_000, () => counted(100))).state).toBe('behind');
    expect((await anEngine().look(applied.sinceMs + afterMs, () => away)).state).toBe('live');
  },
);

it('the window begins with the object and is one interval at the most', async () => {
  const engine = anEngine();
  await engine.look(T0_MS + 2_000, () => away);
  await engine.look(T0_MS + 11_000, () => away);
  await engine.look(T0_MS + 300_000, () => away);
  expect(engine.asked.map(([windowMs]) => windowMs)).toEqual([1_000, 10_000, MINUTE_MS]);
});

it('a failing query does not undo for an interval what was known', async () => {
  const engine = anEngine();
  await engine.look(T0_MS + 5_000, () => counted(100));
  expect((await engine.look(T0_MS + 6_000, () => away)).state).toBe('behind');
  expect((await engine.look(T0_MS + 70_000, () => away)).state).toBe('live');
});

it('an engine that was just started finds an effect that is an interval old', async () => {
  const nowMs = T0_MS + 3 * MINUTE_MS;
  expect(await anEngine().look(nowMs, () => counted(200))).toMatchObject({
    state: 'live',
    sinceMs: nowMs - MINUTE_MS,
  });
  const young = (endMs: number) => counted(endMs < nowMs ? 100 : 200);
  expect(await anEngine().look(nowMs, young)).toMatchObject({ state: 'live', sinceMs: nowMs });
});

it('an interval too short for two scrapes is stretched to a minute', async () => {
  const engine = anEngine(10_000);
  const none: RequestCounts = { state: 'counted', primary: 0, canary: 0 };
  await engine.look(T0_MS + 9_000, () => none);
  await engine.look(T0_MS + 91_000, () => none);
  expect(engine.asked.map(([windowMs]) => windowMs)).toEqual([8_000, 10_000, MINUTE_MS]);
});
