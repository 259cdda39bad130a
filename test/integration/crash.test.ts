import { describe, expect, it } from 'vitest';
import { createDice } from '../simulation/random.ts';
import { startGitHttpServer } from '../support/git-http-server.ts';
import { Remote, temporaryFolder } from '../support/git-sandbox.ts';
import { FragileGit } from './crash/fragile-git.ts';
import { type EngineRun, runEngine } from './crash/run-engine.ts';
import { BRANCH } from './instant-world.ts';

/**
 * Goal: a killed engine loses nothing and doubles nothing, wherever it is killed, and whatever it
 * leaves behind in its clone. Method: the whole story of the seed's canary, once undisturbed and once
 * by engines that are killed; every commit must be the same to the byte. In full: `npm run crash`.
 */
const FULL = process.env['SERIN_FULL'] === '1';
const SEED = Number(process.env['SERIN_SEED'] ?? 1);
const DECISIONS = 21;
/** Without `SERIN_FULL`, one boundary of each decision, another one each time. */
const STRIDE = 11;
const RANDOM_KILLS = FULL ? 200 : 12;
const TIMEOUT_MS = FULL ? 3 * 3_600_000 : 600_000;

/** The commits of an engine that nobody disturbs, oldest first. */
async function undisturbedHistory(): Promise<readonly string[]> {
  const remote = new Remote();
  const end = await runEngine({ url: remote.url, cacheFolder: temporaryFolder(), passes: 60 });
  expect(end.isKilled).toBe(false);
  const history = commits(remote);
  expect(history).toHaveLength(DECISIONS);
  return history;
}

function commits(remote: Remote): readonly string[] {
  const isThere = remote.git('branch', '--list', BRANCH).trim() !== '';
  return isThere ? remote.git('rev-list', '--reverse', BRANCH).trim().split('\n') : [];
}

/** A server that lives on whatever its clients suffer. */
async function startServer() {
  const remote = new Remote();
  const { url } = await startGitHttpServer(remote);
  return { remote, engine: { url, cacheFolder: temporaryFolder() } };
}

/** As if the decision had never been pushed; what the engine's clone knows of it stays. */
function takeBack(remote: Remote, before: string | undefined): void {
  const ref = `refs/heads/${BRANCH}`;
  remote.git('update-ref', ...(before === undefined ? ['-d', ref] : [ref, before]));
}

describe('an engine that is killed by kill -9', () => {
  it(
    `at ${FULL ? 'every boundary' : 'boundaries'} of every decision leaves what the next one makes the same history of`,
    async () => {
      const history = await undisturbedHistory();
      const { remote, engine } = await startServer();
      const seen = new Set<string>();
      let kills = 0;
      for (let decided = 0; decided < history.length; decided = commits(remote).length) {
        const only = FULL ? undefined : 1 + ((decided * STRIDE) % 60);
        for (let boundary = only ?? 1; ; boundary += 1) {
          const reach = (decided + boundary) % 2 === 0 ? 'everything' : 'engine';
          const end = await runEngine({ ...engine, passes: 1, boundary, reach });
          const after = commits(remote);
          const where = `decision ${decided + 1}, killed ${end.at ?? 'nowhere'} (${boundary})`;
          expect(after, where).toEqual(history.slice(0, after.length));
          expect(after.length - decided, where).toBeLessThanOrEqual(2);
          if (end.isKilled) kills += 1;
          seen.add(end.at ?? 'nowhere');
          if (!end.isKilled || only !== undefined) break;
          if (after.length > decided) takeBack(remote, history[decided - 1]);
        }
        if (commits(remote).length === decided) await runEngine({ ...engine, passes: 1 });
      }
      expect(commits(remote)).toEqual(history);
      remote.git('fsck', '--strict');
      report({ kills, boundaries: [...seen].toSorted() });
      expect(kills).toBeGreaterThan(FULL ? 500 : DECISIONS / 2);
    },
    TIMEOUT_MS,
  );

  it(
    `at ${RANDOM_KILLS} random times ends with the same history as one that was not`,
    async () => {
      const history = await undisturbedHistory();
      const { remote, engine } = await startServer();
      const dice = createDice(SEED);
      const typicalMs = await typicalPassMs();
      let kills = 0;
      while (kills < RANDOM_KILLS) {
        const decided = commits(remote).length;
        const afterMs = dice.next() * typicalMs * 1.5;
        const reach = dice.chance(0.5) ? 'everything' : 'engine';
        const run: EngineRun = { ...engine, passes: 60, afterMs, reach };
        if ((await runEngine(run)).isKilled) kills += 1;
        const after = commits(remote);
        expect(after, `killed after ${afterMs} ms`).toEqual(history.slice(0, after.length));
        // Most of the time nothing was decided; the story begins anew as often as it ends.
        if (after.length === decided && dice.chance(0.3)) await runEngine({ ...engine, passes: 1 });
        if (after.length >= history.length - 1) takeBack(remote, undefined);
      }
      await runEngine({ ...engine, passes: 60 });
      expect(commits(remote)).toEqual(history);
      remote.git('fsck', '--strict');
      report({ kills, typicalMs });
    },
    TIMEOUT_MS,
  );
});

/** The first decision makes the branch, and one in mid-rollout is like most others. */
const DECISIONS_WITH_FRAGILE_GIT = [0, 8];
const COMMANDS = ['fetch', 'cat-file', 'diff-tree', 'push'];
/** System calls after which something is different. */
const CALLS = ['write', 'pwrite64', 'fsync', 'rename', 'link', 'unlink', 'mkdir', 'ftruncate'];

describe('an engine whose Git is killed', () => {
  it.runIf(FULL && FragileGit.isPossible)(
    'as it enters any system call that changes something makes the same history of what is left',
    async () => {
      const history = await undisturbedHistory();
      const deaths = new Map<string, number>();
      for (const decided of DECISIONS_WITH_FRAGILE_GIT) {
        const { remote, engine } = await startServer();
        const git = new FragileGit();
        await runEngine({ ...engine, passes: decided });
        const start = commits(remote).length;
        for (const command of COMMANDS) {
          for (const call of CALLS) {
            for (let when = 1, hasDied = true; hasDied; when += 1) {
              git.plan({ command, call, when });
              await runEngine({ ...engine, passes: 1, path: git.path });
              hasDied = git.hasDied();
              const after = commits(remote);
              const where = `decision ${start + 1}, git ${command} killed in ${call} ${when}`;
              expect(after, where).toEqual(history.slice(0, after.length));
              expect(after.length - start, where).toBeLessThanOrEqual(2);
              const name = `git ${command} in ${call}`;
              if (hasDied) deaths.set(name, (deaths.get(name) ?? 0) + 1);
              if (after.length > start) takeBack(remote, history[start - 1]);
            }
          }
        }
        await runEngine({ ...engine, passes: 60 });
        expect(commits(remote)).toEqual(history);
        remote.git('fsck', '--strict');
      }
      report(Object.fromEntries(deaths));
    },
    TIMEOUT_MS,
  );
});

async function typicalPassMs(): Promise<number> {
  const { engine } = await startServer();
  const startedMs = performance.now();
  await runEngine({ ...engine, passes: 3 });
  return (performance.now() - startedMs) / 3;
}

function report(figures: object): void {
  if (FULL) process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
}
