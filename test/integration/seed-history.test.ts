import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runPass } from '../../engine/controller/pass.ts';
import { expectGolden } from '../support/golden.ts';
import { Remote } from '../support/git-sandbox.ts';
import { BRANCH, instantPorts, isEnd, recordAt } from './instant-world.ts';

/**
 * The whole story of the seed's canary as people will read it: one golden file per commit, message
 * and differences, from the first sight of v1 to the clean-up after v3.
 */
it('the history of v1, v2 promoted and v3 rolled back is the golden one, commit by commit', async () => {
  const remote = new Remote();
  const clone = remote.clone();
  for (let passes = 0; passes < 40; passes += 1) {
    const ports = await instantPorts(clone);
    if (isEnd(await recordAt(ports.delivery, await clone.tip(BRANCH)))) break;
    await runPass(ports);
  }
  const commits = remote.git('rev-list', '--reverse', BRANCH).trim().split('\n');
  const files = commits.map((commit, index) => {
    const decision = remote.git('log', '-1', '--format=%(trailers:key=Decision,valueonly)', commit);
    const name = `${String(index + 1).padStart(2, '0')}-${decision.trim()}.patch`;
    return [name, remote.git('show', '--format=%ad%n%n%B', '--date=iso', commit)] as const;
  });
  expectGolden(join('..', 'history', 'seed'), new Map(files));
  expect(commits).toHaveLength(21);
});
