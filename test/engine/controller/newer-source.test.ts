import { describe, expect, it } from 'vitest';
import { EngineMemory } from '../../../engine/controller/memory.ts';
import { runPass } from '../../../engine/controller/pass.ts';
import { racePorts, Releases } from '../../integration/race/race-world.ts';
import { createDice } from '../../simulation/random.ts';
import { SimulatedRepository } from '../../simulation/simulated-repository.ts';
import { MINUTE_MS, T0_MS } from '../../support/builders.ts';

const CANARY = 'team-0/app-0';

/** Two engines without a lease at one branch and one source. */
function twoEngines() {
  let nowMs = T0_MS;
  const releases = new Releases([CANARY]);
  const repository = new SimulatedRepository(createDice(1), () => nowMs);
  repository.faults = false;
  const engine = () => {
    const ports = racePorts({
      delivery: repository,
      tip: () => Promise.resolve(repository.tip?.id),
      releases,
      clock: { nowMs: () => nowMs, sleep: () => Promise.resolve() },
      random: () => 0,
      sourceDelay: () => Promise.resolve(),
    });
    return { ports, memory: new EngineMemory() };
  };
  return {
    releases,
    ours: engine(),
    theirs: engine(),
    later: () => (nowMs += MINUTE_MS),
    decisions: () =>
      repository.commits.map(({ message }) => /^Decision: (.*)$/m.exec(message)?.[1]),
  };
}

describe('a pass whose source was read before another engine decided on a newer one', () => {
  it('reads the source again, and does not take back what it has not seen', async () => {
    const { releases, ours, theirs, later, decisions } = twoEngines();
    for (let passes = 0; passes < 3; passes += 1) {
      await runPass(theirs.ports, theirs.memory);
      later();
    }
    await runPass(ours.ports, ours.memory);
    const early = releases.read();
    releases.release(CANARY);
    await runPass(theirs.ports, theirs.memory);
    expect(decisions().at(-1)).toBe('start');

    later();
    const answers = [early];
    const source = { read: () => Promise.resolve(answers.shift() ?? releases.read()) };
    await runPass({ ...ours.ports, source }, ours.memory);
    expect(decisions().at(-1)).toBe('advance');
    expect(decisions()).not.toContain('withdraw');
  });
});
