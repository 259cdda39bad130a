import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GIT_ENV, Remote, temporaryFolder } from '../support/git-sandbox.ts';
import { BRANCH } from './instant-world.ts';

/**
 * Goal: a killed engine loses nothing and doubles nothing. Method: the whole story of the seed's
 * canary, once undisturbed and once with an engine that is killed at each boundary of each commit.
 */
const CHILD = join(import.meta.dirname, 'engine-child.ts');
const BOUNDARIES = ['before-import', 'after-import', 'before-push', 'after-push'] as const;

function runChild(remote: Remote, cache: string, boundary: string): NodeJS.Signals | null {
  const args = ['--import', 'tsx', CHILD, remote.url, cache, boundary];
  const child = spawnSync(process.execPath, args, { env: GIT_ENV, encoding: 'utf8' });
  if (child.signal === null && child.status !== 0) throw new Error(child.stderr);
  return child.signal;
}

function tip(remote: Remote): string {
  return remote.git('rev-list', '--max-count=1', '--all', `--branches=${BRANCH}`).trim();
}

describe('an engine that is killed by kill -9', () => {
  it('at every boundary of every commit ends with the same history as one that was not', () => {
    const undisturbed = new Remote();
    expect(runChild(undisturbed, temporaryFolder(), 'never')).toBeNull();
    const history = undisturbed.subjects(BRANCH);
    expect(history).toHaveLength(21);

    const disturbed = new Remote();
    let kills = 0;
    for (let commits = 0; commits < history.length;) {
      for (const boundary of BOUNDARIES) {
        const signal = runChild(disturbed, temporaryFolder(), boundary);
        expect(signal).toBe('SIGKILL');
        kills += 1;
      }
      const after = Number(disturbed.git('rev-list', '--count', BRANCH));
      expect(after).toBeGreaterThan(commits);
      commits = after;
    }
    expect(runChild(disturbed, temporaryFolder(), 'never')).toBeNull();
    expect(kills).toBeGreaterThanOrEqual(4 * 20);
    expect(tip(disturbed)).toBe(tip(undisturbed));
    disturbed.git('fsck', '--strict');
  }, 600_000);

  it('leaves a clone behind that the next engine can use', () => {
    const remote = new Remote();
    const cache = temporaryFolder();
    for (const boundary of BOUNDARIES) runChild(remote, cache, boundary);
    expect(runChild(remote, cache, 'never')).toBeNull();
    expect(remote.subjects(BRANCH)[0]).toContain('clean up');
  }, 600_000);
});
