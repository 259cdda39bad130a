import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createGit } from '../../../../engine/adapters/git/create-git.ts';
import { GIT_ENV, temporaryFolder } from '../../../support/git-sandbox.ts';

/** A handle whose Git is a script. */
function aGit(script: string) {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'git'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const env = { ...GIT_ENV, PATH: `${folder}${delimiter}${GIT_ENV.PATH}` };
  return createGit({ folder, env });
}

describe('a Git command', () => {
  it('gives what it said', async () => {
    expect(await aGit('echo all of it').run(['log'])).toBe('all of it\n');
  });

  it.each([
    ['was killed in the middle of its answer', 'echo half of it; kill -9 $$'],
    ['was killed before it said a word', 'kill -9 $$'],
    ['failed without a word', 'exit 1'],
    ['failed with words', 'echo fatal: no >&2; exit 128'],
  ])('that %s has failed', async (_, script) => {
    await expect(aGit(script).run(['for-each-ref'])).rejects.toThrow(/\w/);
  });
});
