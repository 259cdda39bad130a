import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GIT_ENV, Remote, temporaryFolder } from '../support/git-sandbox.ts';

/**
 * Goal: a full disk below the clones is said as such and loses nothing. Method: the cache is a file
 * system of a few hundred kilobytes, in a mount namespace of its own, which Linux gives to anybody.
 */
const ROOT = join(import.meta.dirname, '../..');
const CHILD = join(import.meta.dirname, 'disk-full-child.ts');

const canMount =
  spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=64k none /mnt']).status === 0;

describe.skipIf(!canMount)('an engine whose disk is full', () => {
  it('says so with the remedy, pushes nothing half, and goes on when there is room again', () => {
    const remote = new Remote();
    const cache = join(temporaryFolder(), 'cache');
    mkdirSync(cache);
    const script = 'mount -t tmpfs -o size=700k none "$1" && shift && exec "$@"';
    const node = [process.execPath, '--import', 'tsx', CHILD, remote.url, cache];
    const run = spawnSync('unshare', ['-rm', 'sh', '-c', script, 'sh', cache, ...node], {
      cwd: ROOT,
      env: GIT_ENV,
      encoding: 'utf8',
    });
    expect(run.stderr).toBe('');
    const outcomes = JSON.parse(run.stdout) as unknown;
    const full = {
      why: expect.stringContaining('the disk is full below'),
      remedy: expect.stringContaining('make room below'),
    };
    expect(outcomes).toEqual({
      first: 'pushed',
      publish: { kind: 'rejected', ...full },
      refresh: { kind: 'refused', ...full },
      again: 'pushed',
    });
    expect(remote.subjects('delivery/test')).toEqual(['second', 'by hand', 'first']);
    remote.git('fsck', '--strict');
  });
});
