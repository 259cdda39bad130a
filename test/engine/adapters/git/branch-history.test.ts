import { expect, it } from 'vitest';
import { createBranchHistory } from '../../../../engine/adapters/git/branch-history.ts';
import type { AuditedCommit } from '../../../../engine/ports/branch-history.ts';
import { Remote } from '../../../support/git-sandbox.ts';

async function historyOf(remote: Remote): Promise<readonly AuditedCommit[]> {
  const clone = remote.clone();
  await clone.fetch(['delivery/test']);
  const history = createBranchHistory({ clone, branch: 'delivery/test', signatures: true });
  const commits: AuditedCommit[] = [];
  for await (const portion of history.commits()) commits.push(...portion);
  return commits;
}

it('gives every commit with what it changed, oldest first', async () => {
  const remote = new Remote();
  const first = remote.commit('delivery/test', { 'a/one.yaml': '1', 'two.yaml': '2' }, 'first');
  const second = remote.commit('delivery/test', { 'a/one.yaml': '3' }, 'second\n\nCanary: a/b');
  const history = await historyOf(remote);
  expect(history.map(({ commit, parents }) => [commit, parents])).toEqual([
    [first, []],
    [second, [first]],
  ]);
  const [before] = history;
  expect(history[1]).toMatchObject({
    author: 'Somebody <somebody@localhost>',
    committedMs: Date.UTC(2026, 0, 1),
    message: 'second\n\nCanary: a/b\n',
    signature: 'none',
    changes: [{ path: 'a/one.yaml', before: before?.changes[0]?.after, after: expect.any(String) }],
  });
});

it('takes nothing in a message or a path for something else', async () => {
  const remote = new Remote();
  const path = 'a\u001f\u001e:100644\nb.yaml';
  const message = `x\u001e${'a'.repeat(40)}\u001f:100644 100644 ${'b'.repeat(40)} c M`;
  const id = remote.commit('delivery/test', { [path]: '1' }, message);
  const history = await historyOf(remote);
  expect(history).toHaveLength(1);
  expect(history[0]).toMatchObject({ commit: id, message: `${message}\n`, changes: [{ path }] });
});
