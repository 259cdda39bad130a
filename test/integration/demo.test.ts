import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { GIT_ENV, temporaryFolder } from '../support/git-sandbox.ts';
import { serin } from '../support/serin.ts';

/**
 * Goal: the main job works as a whole, on real processes, and survives `kill -9` of its engine.
 * Method: the demo as a user starts it, while its engine is killed again and again.
 */
const KILL_EVERY_MS = 9_000;
const KILLS_MAX = 6;

it('promotes v2 and rolls v3 back although its engine is killed again and again', async () => {
  const dir = temporaryFolder();
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-C', join(dir, 'git'), ...args], {
      encoding: 'utf8',
      env: GIT_ENV,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  let kills = 0;
  const killer = setInterval(() => {
    if (kills < KILLS_MAX && killEngine(dir)) kills += 1;
  }, KILL_EVERY_MS);
  const { code, out, err } = await serin(dir, 'demo', '--dir', '.').finally(() =>
    clearInterval(killer),
  );
  expect({ code, err, out }).toMatchObject({ code: 0, err: '' });
  expect(out).toContain('v2 was promoted, v3 was rolled back');
  expect(kills).toBeGreaterThan(3);

  const subjects = git('log', '--reverse', '--format=%s', 'delivery/demo').trim().split('\n');
  const decisions = subjects.map((subject) =>
    subject.replace(/^[^:]+: /, '').replace(/ \(.*$/, ''),
  );
  expect(decisions.slice(0, 12)).toEqual([
    'initialize: create primary',
    'initialize: route all traffic to primary',
    'initialize: scale target to 0',
    'start rollout 1',
    'canary weight 10',
    'canary weight 20',
    'canary weight 30',
    'canary weight 40',
    'canary weight 50',
    expect.stringMatching(/^promote revision/),
    'shift all traffic to primary',
    'finish, scale target to 0',
  ]);
  expect(decisions.slice(12)).toEqual([
    'start rollout 2',
    'canary weight 10',
    ...[1, 2, 3, 4, 5].map((count) => `check failed, ${count} of 5`),
    'rollback, canary weight 0',
    'clean up, scale target to 0',
  ]);

  const commitOf = (words: string) =>
    git('log', '--format=%H', `--grep=${words}`, 'delivery/demo').trim();
  const trafficAt = (commit: string) =>
    git('rev-parse', `${commit}:traffic/default/reviews`).trim();
  expect(trafficAt(commitOf('rollback, canary weight 0'))).toBe(
    trafficAt(`${commitOf('start rollout 2')}^`),
  );
  const trailers = git(
    'log',
    '-1',
    '--format=%(trailers:only)',
    commitOf('rollback, canary weight 0'),
  );
  expect(trailers).toContain('Decision: rollback');
  expect(trailers).toMatch(/^Reverts: [0-9a-f]{40}$/m);
  git('fsck', '--strict');

  expect(await serin(dir, 'verify')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^\d+ commits follow: /),
  });

  const { out: ledger } = await serin(dir, 'rejected', '-o', 'json');
  expect(JSON.parse(ledger)).toMatchObject([
    { canary: 'default/reviews', attempts: 1, images: [expect.stringContaining('reviews-v3')] },
  ]);

  const tip = git('rev-parse', 'delivery/demo');
  expect(await serin(dir, 'demo', '--dir', '.')).toMatchObject({ code: 0 });
  expect(git('rev-parse', 'delivery/demo')).toBe(tip);
}, 180_000);

function killEngine(dir: string): boolean {
  try {
    process.kill(Number(readFileSync(join(dir, 'engine.pid'), 'utf8')), 'SIGKILL');
    return true;
  } catch {
    return false;
  }
}
