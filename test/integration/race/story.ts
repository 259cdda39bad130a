import assert from 'node:assert/strict';
import type { CanaryKey } from '../../../constructs/canary-spec.ts';
import { KnownStates } from '../../../engine/controller/delivery-state.ts';
import { EngineMemory } from '../../../engine/controller/memory.ts';
import { runPass } from '../../../engine/controller/pass.ts';
import { createDice } from '../../simulation/random.ts';
import { SimulatedRepository } from '../../simulation/simulated-repository.ts';
import { MINUTE_MS, T0_MS } from '../../support/builders.ts';
import { parseTrailers } from '../../support/trailers.ts';
import { isBad, racePorts, Releases } from './race-world.ts';

/** One decision of a canary, as far as it does not depend on when it was taken. */
export interface Taken {
  readonly rollout: number;
  readonly step: string;
}

export function takenOf(message: string): Taken {
  const trailers = parseTrailers(message);
  const value = (wanted: string) => trailers.find(({ key }) => key === wanted)?.value;
  return {
    rollout: Number(value('Rollout') ?? 0),
    step: `${value('Decision')} at ${value('Weight')} in ${value('Phase')}`,
  };
}

/** The decisions of a canary by one engine that nobody disturbs, for as many releases as one likes. */
export interface Story {
  readonly beginning: readonly string[];
  readonly good: readonly string[];
  readonly bad: readonly string[];
}

export function stepsOf({ beginning, good, bad }: Story, releases: number): readonly string[] {
  const rollouts = Array.from({ length: releases - 1 }, (_, index) => index + 2);
  return [...beginning, ...rollouts.flatMap((version) => (isBad(version) ? bad : good))];
}

export async function undisturbedStory(): Promise<Story> {
  const canary: CanaryKey = 'team-0/app-0';
  const releases = new Releases([canary]);
  let nowMs = T0_MS;
  const repository = new SimulatedRepository(createDice(1), () => nowMs);
  repository.faults = false;
  const ports = racePorts({
    delivery: repository,
    tip: () => Promise.resolve(repository.tip?.id),
    releases,
    clock: { nowMs: () => nowMs, sleep: () => Promise.resolve() },
    random: () => 0,
    sourceDelay: () => Promise.resolve(),
  });
  const memory = new EngineMemory();
  const states = new KnownStates();
  for (let passes = 0; passes < 200; passes += 1) {
    await runPass(ports, memory);
    nowMs += MINUTE_MS;
    const state = (await states.at(repository, repository.tip?.id)).get(canary);
    if (state?.kind !== 'sound' || !releases.isAtRest(canary, state.record)) continue;
    if (releases.versionOf(canary) === 4) break;
    releases.release(canary);
  }
  const taken = repository.commits.map(({ message }) => takenOf(message));
  const steps = (rollout: number) =>
    taken.filter((each) => each.rollout === rollout).map(({ step }) => step);
  assert.deepEqual(steps(1), steps(3), 'a good release is like another');
  assert.ok(steps(2).length > 3, 'a bad release has a story');
  return { beginning: steps(0), good: steps(1), bad: steps(2) };
}
