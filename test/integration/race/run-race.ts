import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSystemClock } from '../../../engine/adapters/clock/system-clock.ts';
import { KnownStates } from '../../../engine/controller/delivery-state.ts';
import { runLoop } from '../../../engine/controller/loop.ts';
import type { CanaryKey } from '../../../constructs/canary-spec.ts';
import { createDice, type Dice } from '../../simulation/random.ts';
import { type Fault, startGitHttpServer } from '../../support/git-http-server.ts';
import { Remote, temporaryFolder } from '../../support/git-sandbox.ts';
import { Person } from './person.ts';
import { CANARIES, racePorts, Releases } from './race-world.ts';

export const BRANCH = 'delivery/race';

export interface Race {
  readonly remote: Remote;
  readonly person: Person;
  readonly releases: Releases;
  /** Commits that an engine was told to be on the branch. */
  readonly told: readonly string[];
  /** The branch's tips as the server moved it: before and after. */
  readonly moves: readonly Move[];
  /** How often each fault happened. */
  readonly faults: ReadonlyMap<string, number>;
  readonly durationMs: number;
}

export interface Move {
  readonly before: string;
  readonly after: string;
}

/** A minute of the engines takes a second. */
const SPEED = 60;
const POLL_MS = 20_000;
const ENGINES = 2;
/** How often the teams look whether they may release something newer. */
const LOOK_MS = 400;
/** Something is wrong when nobody gets anything pushed for so long. */
const STILL_MS = 180_000;
/** Until everything has come to rest once nothing is disturbed any more. */
const SETTLE_MS = 600_000;

/**
 * Engines that do not know of each other and a person on one branch, over a network and a server
 * where anything may go wrong, until the branch has been moved so many times. Then all faults stop,
 * and every rollout comes to its end. Only the dice are seeded: who wins is up to the machine.
 */
export async function runRace({ moves, seed }: { moves: number; seed: number }): Promise<Race> {
  const startedMs = performance.now();
  const remote = new Remote();
  remote.git('config', 'core.logAllRefUpdates', 'always');
  const server = await startGitHttpServer(remote);
  const faults = new Map<string, number>();
  const dice = createDice(seed);
  server.faultOf = (isPush) => {
    const fault = isPush ? pushFault(dice) : readFault(dice);
    const name = `${fault} ${isPush ? 'of a push' : 'of a look'}`;
    faults.set(name, (faults.get(name) ?? 0) + 1);
    return fault;
  };
  server.delayMs = () => (dice.chance(0.05) ? dice.int(100, 400) : dice.int(0, 30));

  const releases = new Releases();
  const told: string[] = [];
  const ending = new AbortController();
  const clock = createSystemClock({ speed: SPEED });
  const engines = Array.from({ length: ENGINES }, (_, index) => {
    const own = createDice(seed + index + 1);
    const clone = remote.clone(server.url);
    const ports = racePorts({
      delivery: remote.delivery(BRANCH, clone),
      tip: () => clone.tip(BRANCH),
      releases,
      clock,
      random: () => own.next(),
      sourceDelay: () => sleep(server.faultOf === undefined ? 0 : own.int(0, 200)),
      onPushed: (commits) => told.push(...commits),
    });
    return runLoop(ports, { pollMs: POLL_MS, signal: ending.signal });
  });
  const person = new Person({
    dice: createDice(seed + 100),
    url: server.url,
    branch: BRANCH,
    canaries: CANARIES,
    folder: temporaryFolder(),
  });
  await person.prepare();
  const disturbing = new AbortController();
  const walk = disturb(person, createDice(seed + 200), disturbing.signal);

  const resting = watch(remote, releases);
  for (let [count, changedMs] = [0, performance.now()]; count < moves; await sleep(LOOK_MS)) {
    const now = readMoves(remote).length;
    if (now > count) [count, changedMs] = [now, performance.now()];
    if (performance.now() - changedMs > STILL_MS) throw new Error(`nothing moves after ${now}`);
    for (const canary of await resting()) releases.release(canary);
  }
  disturbing.abort();
  await walk;
  server.faultOf = undefined;
  server.delayMs = 0;
  await person.resume();
  await settle(resting);
  ending.abort();
  await Promise.all(engines);
  await sleep(server.hangMs * 2);
  const durationMs = performance.now() - startedMs;
  return { remote, person, releases, told, moves: readMoves(remote), faults, durationMs };
}

function pushFault(dice: Dice): Fault {
  if (dice.chance(0.7)) return 'none';
  return dice.pick<Fault>([
    'cut-before',
    'cut-after',
    'cut-after',
    'torn',
    'torn',
    'error-500',
    'declined',
    'hang-before',
    'hang-after',
    'late',
    'late',
    'limited',
    'overloaded',
  ]);
}

function readFault(dice: Dice): Fault {
  if (dice.chance(0.96)) return 'none';
  return dice.pick<Fault>(['cut-before', 'cut-after', 'torn', 'error-500', 'hang-before']);
}

async function disturb(person: Person, dice: Dice, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await person.commit();
    await sleep(dice.int(0, 1_500));
  }
}

/** The canaries that are done with their newest release, as seen from beside the server. */
function watch(remote: Remote, releases: Releases): () => Promise<readonly CanaryKey[]> {
  const delivery = remote.delivery(BRANCH);
  const states = new KnownStates();
  return async () => {
    const refreshed = await delivery.refresh();
    if (refreshed.kind !== 'fresh') throw new Error(refreshed.why);
    const found = await states.at(delivery, refreshed.tip);
    return CANARIES.filter((canary) => {
      const state = found.get(canary);
      return state?.kind === 'sound' && releases.isAtRest(canary, state.record);
    });
  };
}

async function settle(resting: () => Promise<readonly CanaryKey[]>): Promise<void> {
  const endMs = performance.now() + SETTLE_MS;
  for (;;) {
    const atRest = await resting();
    if (atRest.length === CANARIES.length) return;
    if (performance.now() > endMs) {
      const others = CANARIES.filter((canary) => !atRest.includes(canary));
      throw new Error(`${others.join(', ')} do not come to rest`);
    }
    await sleep(LOOK_MS);
  }
}

/** The server's own log of the branch. */
function readMoves(remote: Remote): readonly Move[] {
  let log: string;
  try {
    log = readFileSync(join(remote.folder, 'logs/refs/heads', BRANCH), 'utf8');
  } catch {
    return [];
  }
  return log
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [before = '', after = ''] = line.split(' ');
      return { before, after };
    });
}
