import { describe, expect, it } from 'vitest';
import { judge } from './race/judge.ts';
import { runRace } from './race/run-race.ts';
import { undisturbedStory } from './race/story.ts';

/**
 * Goal: whoever else pushes to the delivery branch, and whatever the network does, no decision is
 * lost, doubled or skipped, and nobody else's byte is changed. Method: a race over smart HTTP; its
 * branch is verified and compared with an engine that was alone. In full: `npm run race`.
 */
const FULL = process.env['SERIN_FULL'] === '1';
const MOVES = FULL ? 2_000 : 100;
const SEED = Number(process.env['SERIN_SEED'] ?? 1);

describe('two engines and a person on one branch', () => {
  it(
    `lose nothing in ${MOVES} pushes with faults before and after the server's commit`,
    async () => {
      const race = await runRace({ moves: MOVES, seed: SEED });
      const verified = await judge(race, await undisturbedStory());
      expect(verified.people).toBeGreaterThan(MOVES / 50);
      const { durationMs, moves, faults, person, told } = race;
      const figures = {
        seconds: Math.round(durationMs / 1_000),
        pushesTaken: moves.length,
        decisions: verified.decisions,
        commitsByHand: verified.people,
        attemptsByHand: person.made.size,
        decisionsLearntOfLater: verified.decisions - told.length,
        ...Object.fromEntries(faults),
      };
      if (FULL) process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
    },
    FULL ? 3 * 3_600_000 : 600_000,
  );
});
