import { describe, expect, it } from 'vitest';
import type { PlannedCommit } from '../../../../engine/adapters/git/commit-plan.ts';
import { assertOwnedPaths } from '../../../../engine/adapters/git/owned-paths.ts';
import { InternalError, ProblemError } from '../../../../engine/core/errors.ts';
import { Remote, write } from '../../../support/git-sandbox.ts';

const planned = (...paths: readonly string[]): PlannedCommit => {
  const changes = paths.map((path) => write(path, 'x'));
  return { draft: { message: 'x\n', changes, atMs: 0 }, changes };
};

/** Two commits by hand: the first makes `a`, the second changes `a` and makes `b/c`. */
async function twoCommits() {
  const remote = new Remote();
  const first = remote.commit('main', { a: '1' });
  const second = remote.commit('main', { a: '2', 'b/c': '1' });
  const clone = remote.clone();
  await clone.fetch(['main']);
  return (...plan: readonly PlannedCommit[]) => assertOwnedPaths(clone, [first, second], plan);
}

describe('what a commit changes', () => {
  it('may be what was planned, commit by commit', async () => {
    const check = await twoCommits();
    await expect(check(planned('a'), planned('a', 'b/c'))).resolves.toBeUndefined();
  });

  it.each([
    ['more', [planned('a'), planned('a')]],
    ['less', [planned('a'), planned('a', 'b/c', 'd')]],
    ['something else', [planned('b'), planned('a', 'b/c')]],
  ])('may not be %s', async (_, plan) => {
    const check = await twoCommits();
    await expect(check(...plan)).rejects.toThrow(InternalError);
  });

  it('may not be a file whose name looks like the id of a commit', async () => {
    const remote = new Remote();
    const commit = remote.commit('main', { a: '1', ['f'.repeat(40)]: '1' });
    const clone = remote.clone();
    await clone.fetch(['main']);
    await expect(assertOwnedPaths(clone, [commit], [planned('a')])).rejects.toThrow(InternalError);
  });

  it('may not be a file of somebody else that stands in the way', async () => {
    const check = await twoCommits();
    await expect(check(planned('a'), planned('a', 'b/c/d'))).rejects.toThrow(ProblemError);
  });
});
