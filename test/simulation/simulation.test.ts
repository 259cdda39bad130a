import { describe, expect, it } from 'vitest';
import type { ChangeKind } from '../../engine/core/decision.ts';
import { verifyBranch } from '../../engine/controller/verify/verify-branch.ts';
import { simulatedHistory } from './audited.ts';
import { World } from './world.ts';

/**
 * Goal: no fault, in any order, makes the engine break an invariant or lose a decision.
 * Method: whole worlds driven by one seed each; every commit is checked as it lands; in the end the
 * faults stop and each rollout must come to its end. A failing seed is replayed alone with
 * `SERIN_SEED=N npm run test:sim`.
 */
const SEEDS = 1_000;
const STEPS = 60;
const SETTLE_STEPS = 250;
const SHARDS = 8;
/** Every decision of these worlds is taken again by verification. */
const VERIFIED_EVERY = 10;

/** In the worlds of one shard somebody edits the engine's files. */
const EDITED_EVERY = SHARDS;
const EDITED = 4;

const only = process.env['SERIN_SEED'];

describe('the engine in a world full of faults', () => {
  const shards = only === undefined ? Array.from({ length: SHARDS }, (_, shard) => shard) : [];
  it.each(shards)(
    'keeps its invariants and ends every rollout, shard %i',
    async (shard) => {
      for (let seed = shard; seed < SEEDS; seed += SHARDS) await runSeed(seed);
    },
    600_000,
  );

  it.runIf(only === undefined)('takes every kind of decision somewhere', () => {
    const never = Object.keys(EVERY_DECISION).filter((kind) => !taken.has(kind));
    expect(never).toEqual([]);
  });

  it.runIf(only !== undefined)(`keeps its invariants with seed ${only}`, async () => {
    await runSeed(Number(only));
  });
});

const EVERY_DECISION: Readonly<Record<ChangeKind, true>> = {
  'create-primary': true,
  'open-routing': true,
  initialized: true,
  start: true,
  restart: true,
  advance: true,
  'check-failed': true,
  promote: true,
  shift: true,
  finish: true,
  rollback: true,
  'fail-promotion': true,
  'return-traffic': true,
  withdraw: true,
  'clean-up': true,
  reconcile: true,
  halt: true,
  reject: true,
  'call-off': true,
  'halt-promotion': true,
  'skip-analysis': true,
  'post-rollout': true,
  terminate: true,
  'move-to-target': true,
  'return-to-primary': true,
  'drop-routes': true,
  terminated: true,
  resume: true,
};

/** What verification says of a history that the engine made under all these faults: nothing. */
async function checkFollows({ repository }: World): Promise<void> {
  const history = simulatedHistory(repository.commits);
  const read = (blobs: readonly string[]) => Promise.resolve(new Map(blobs.map((id) => [id, id])));
  const { broken } = await verifyBranch({ history, read }, { signed: false });
  if (broken !== undefined) throw new Error(`${broken.commit} does not follow: ${broken.why}`);
}

const taken = new Set<string>();

async function runSeed(seed: number): Promise<void> {
  const world = new World(seed, seed % EDITED_EVERY === EDITED ? { edits: true } : {});
  world.diversify();
  try {
    for (let step = 0; step < STEPS; step += 1) {
      await world.step();
      if (world.dice.chance(0.05)) await world.checkSameDecision();
    }
    await world.settle(SETTLE_STEPS);
    await world.checkAtRest();
    if (seed % VERIFIED_EVERY === 0) await checkFollows(world);
  } catch (error) {
    throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  for (const { message } of world.repository.commits) {
    taken.add(/^Decision: (.*)$/m.exec(message)?.[1] ?? '');
  }
}
