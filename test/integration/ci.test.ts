import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/git-sandbox.ts';

const CI = join(import.meta.dirname, '../../.ci/run');

/** Runs CI with an npm that prints this for `npm test` and that for `npm run e2e`. */
function ci(ofTest: string, ofE2e: string) {
  const bin = temporaryFolder();
  writeFileSync(
    join(bin, 'npm'),
    `#!/bin/sh\n[ "$1" = test ] && printf '${ofTest}' || printf '${ofE2e}'\n`,
    { mode: 0o755 },
  );
  const run = spawnSync(CI, {
    encoding: 'utf8',
    env: { PATH: `${bin}:${process.env['PATH'] ?? ''}` },
  });
  return { status: run.status, last: run.stdout.trimEnd().split('\n').at(-1) };
}

describe('.ci/run', () => {
  it('adds up what both suites counted', () => {
    expect(ci('4 passed, 0 failed\\n', '3 passed, 0 failed\\n')).toEqual({
      status: 0,
      last: '7 passed, 0 failed',
    });
    expect(ci('4 passed, 1 failed\\n', '3 passed, 2 failed\\n')).toEqual({
      status: 1,
      last: '7 passed, 3 failed',
    });
  });

  it('counts a suite that did not get so far as a failure', () => {
    expect(ci('4 passed, 0 failed\\n', 'killed\\n')).toEqual({
      status: 1,
      last: '4 passed, 1 failed',
    });
  });

  it('reads its counts from an output with bytes that are no text', () => {
    expect(ci('a\\000b \\377\\n4 passed, 0 failed\\n', '3 passed, 0 failed\\n')).toEqual({
      status: 0,
      last: '7 passed, 0 failed',
    });
  });
});
