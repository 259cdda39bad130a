import { describe, expect, it } from 'vitest';
import { createGitDeliveryBranches } from '../../../../engine/adapters/git/git-delivery-branches.ts';
import type { Batch } from '../../../../engine/ports/delivery-branches.ts';
import { T0_MS } from '../../../support/builders.ts';
import { startGitHttpServer } from '../../../support/git-http-server.ts';
import { Remote, write } from '../../../support/git-sandbox.ts';

const IDENTITY = { name: 'Serin', email: 'serin@localhost' };

function aBatch(branch: string, onto?: string, text = '1\n'): Batch {
  const changes = [write('workloads/shop/cart/a.yaml', text)];
  return { branch, drafts: [{ message: `write on ${branch}\n`, changes, atMs: T0_MS }], onto };
}

function open(remote: Remote, url = remote.url) {
  return createGitDeliveryBranches({
    clone: remote.clone(url),
    author: IDENTITY,
    committer: IDENTITY,
    signing: undefined,
  });
}

/** With a branch each, as they are after a while. */
async function established(remote: Remote, names: readonly string[], url = remote.url) {
  const branches = open(remote, url);
  await tips(branches, names);
  await branches.publish(names.map((name) => aBatch(name)));
  return { branches, tips: await tips(branches, names) };
}

async function tips(branches: ReturnType<typeof open>, names: readonly string[]) {
  const refreshed = await Promise.all(names.map((name) => branches.at(name).refresh()));
  return refreshed.map((each) => (each.kind === 'fresh' ? each.tip : undefined));
}

describe('several delivery branches', () => {
  it('are read with one request, and written with one push', async () => {
    const remote = new Remote();
    const server = await startGitHttpServer(remote);
    const branches = open(remote, server.url);
    await tips(branches, ['d/a', 'd/b', 'd/c']);
    const uploads = () => server.requests.filter((each) => each.includes('upload-pack')).length;
    const pushes = () => server.requests.filter((each) => /^POST.*receive-pack$/.test(each)).length;
    const before = uploads();
    await tips(branches, ['d/a', 'd/b', 'd/c']);
    const forThree = uploads() - before;
    await tips(branches, ['d/a']);
    expect(uploads() - before - forThree).toBe(forThree);
    const outcomes = await branches.publish(['d/a', 'd/b', 'd/c'].map((each) => aBatch(each)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(['pushed', 'pushed', 'pushed']);
    expect(pushes()).toBe(1);
    expect(remote.subjects('d/c')).toEqual(['write on d/c']);
  });

  it('have an outcome each: one lost race leaves the others pushed', async () => {
    const remote = new Remote();
    const { branches, tips: before } = await established(remote, ['d/a', 'd/b']);
    const [a, b] = before;
    const theirs = remote.commit('d/a', { 'notes.md': 'theirs\n' });
    const outcomes = await branches.publish([aBatch('d/a', a, '2\n'), aBatch('d/b', b, '2\n')]);
    expect(outcomes).toMatchObject([{ kind: 'stale' }, { kind: 'pushed' }]);
    expect(remote.git('rev-parse', 'd/a').trim()).toBe(theirs);
    expect(remote.file('d/b', 'workloads/shop/cart/a.yaml')).toBe('2\n');
  });

  it('tells who takes nothing from who has nothing to take', async () => {
    const remote = new Remote();
    remote.hook('update', '#!/bin/sh\n[ "$1" != refs/heads/d/a ]\n');
    const { branches, tips: before } = await established(remote, ['d/b']);
    const [b] = before;
    const outcomes = await branches.publish([aBatch('d/a'), aBatch('d/b', b), aBatch('d/c')]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['rejected', 'unchanged', 'pushed']);
  });

  it('learns what became of each where the answer never came', async () => {
    const remote = new Remote();
    const server = await startGitHttpServer(remote);
    const { branches, tips: before } = await established(remote, ['d/a', 'd/b'], server.url);
    const [a, b] = before;
    remote.commit('d/a', { 'notes.md': 'theirs\n' });
    server.fault = 'cut-after';
    const outcomes = await branches.publish([aBatch('d/a', a, '2\n'), aBatch('d/b', b, '2\n')]);
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      expect.stringMatching(/^(stale|unreachable)$/),
      'pushed',
    ]);
    expect(remote.file('d/b', 'workloads/shop/cart/a.yaml')).toBe('2\n');
  });

  it('keeps what is wrong with one draft to its own branch', async () => {
    const remote = new Remote();
    remote.commit('d/a', { workloads: 'a file where a folder has to be\n' });
    const branches = open(remote);
    const [a] = await tips(branches, ['d/a']);
    const outcomes = await branches.publish([aBatch('d/a', a), aBatch('d/b')]);
    expect(outcomes).toMatchObject([
      { kind: 'rejected', why: expect.stringContaining('path-occupied') as string },
      { kind: 'pushed' },
    ]);
  });

  it('leaves nothing behind in the clone', async () => {
    const remote = new Remote();
    const clone = remote.clone();
    const signatories = { author: IDENTITY, committer: IDENTITY, signing: undefined };
    const branches = createGitDeliveryBranches({ clone, ...signatories });
    await tips(branches, ['d/a', 'd/b']);
    await branches.publish([aBatch('d/a'), aBatch('d/b')]);
    const refs = await clone.git.run(['for-each-ref', '--format=%(refname)']);
    expect(refs.trim().split('\n')).toEqual(['refs/heads/d/a', 'refs/heads/d/b']);
  });

  it('are found by what their names begin with', async () => {
    const remote = new Remote();
    const { branches } = await established(remote, ['d/a', 'd/b', 'e/c']);
    expect(await branches.existing(['d/'])).toEqual({ kind: 'listed', branches: ['d/a', 'd/b'] });
    const away = open(remote, 'file:///nowhere/at-all');
    expect(await away.existing(['d/'])).toMatchObject({ kind: 'unreachable' });
  });
});
