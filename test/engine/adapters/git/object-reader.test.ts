import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BareClone } from '../../../../engine/adapters/git/bare-clone.ts';
import { ObjectReader } from '../../../../engine/adapters/git/object-reader.ts';
import { GIT_ENV, Remote } from '../../../support/git-sandbox.ts';

const BRANCH = 'main';

/** A clone of a branch with a few files, and the ids of its objects. */
async function aClone(files: Readonly<Record<string, string>> = { 'a.txt': 'one\n' }) {
  const remote = new Remote();
  const commit = remote.commit(BRANCH, files);
  const clone = remote.clone();
  await clone.fetch([BRANCH]);
  const id = (path: string) => remote.git('rev-parse', `${commit}:${path}`).trim();
  return { remote, clone, commit, id };
}

function readerOf(clone: BareClone, what: 'objects' | 'heads' = 'objects'): ObjectReader {
  return new ObjectReader((args) => clone.git.talk(args), what);
}

/** How often the clone spoke to the remote, and in which words. */
function remoteCommands(clone: BareClone): readonly string[] {
  const commands: string[] = [];
  const git = clone.git as { remote: BareClone['git']['remote'] };
  const original = git.remote;
  git.remote = (args, options) => {
    commands.push(args.find((word) => /^[a-z-]+$/.test(word) && word !== '-c') ?? '');
    return original(args, options);
  };
  return commands;
}

describe('the object reader', () => {
  it('answers in the order of the questions, however many there are', async () => {
    const { clone, commit } = await aClone();
    const reader = readerOf(clone);
    const names = Array.from({ length: 300 }, (_, index) =>
      index % 2 === 0 ? `${commit}^{tree}` : 'f'.repeat(40),
    );
    const objects = await Promise.all(names.map((name) => reader.read(name)));
    expect(objects.map((object) => object?.type)).toEqual(
      names.map((_, index) => (index % 2 === 0 ? 'tree' : undefined)),
    );
    reader.close();
  });

  it('reads contents that come in many pieces', async () => {
    const text = 'x'.repeat(900_000);
    const { clone, id } = await aClone({ 'large.txt': text });
    const blob = id('large.txt');
    await clone.objects.read([blob]);
    const reader = readerOf(clone);
    const object = await reader.read(blob);
    expect(object).toMatchObject({ id: blob, type: 'blob', bytes: 900_000 });
    expect(object?.content.toString()).toBe(text);
    reader.close();
  });

  it('does not fetch what is not here', async () => {
    const { clone, id } = await aClone();
    const commands = remoteCommands(clone);
    const heads = readerOf(clone, 'heads');
    expect(await heads.read(id('a.txt'))).toBeUndefined();
    await clone.objects.read([id('a.txt')]);
    expect(await heads.read(id('a.txt'))).toMatchObject({ type: 'blob', bytes: 4 });
    expect(commands).toEqual(['fetch']);
    heads.close();
  });

  it('starts again when its process has died, and says so to whoever was waiting', async () => {
    const { clone, commit } = await aClone();
    const pids: number[] = [];
    const reader = new ObjectReader((args) => {
      const before = children();
      const talk = clone.git.talk(args);
      pids.push(...children().filter((pid) => !before.includes(pid)));
      return talk;
    }, 'objects');
    await reader.read(commit);
    process.kill(pids[0] ?? 0, 'SIGSTOP');
    const answer = reader.read(commit);
    process.kill(pids[0] ?? 0, 'SIGKILL');
    await expect(answer).rejects.toThrow('git cat-file');
    expect((await reader.read(commit))?.type).toBe('commit');
    expect(pids).toHaveLength(2);
    reader.close();
  });
});

function children(): readonly number[] {
  const listed = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], {
    encoding: 'utf8',
  });
  return listed
    .split('\n')
    .filter((line) => line.includes('cat-file'))
    .map((line) => Number.parseInt(line, 10));
}

describe('contents', () => {
  it('that many ask for at the same time are fetched in few requests', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 20 }, (_, index) => [`f/${index}.txt`, `${index}\n`]),
    );
    const { clone, id } = await aClone(files);
    const commands = remoteCommands(clone);
    const texts = await Promise.all(
      Object.keys(files).map(async (path) => {
        const blob = id(path);
        return (await clone.objects.read([blob])).get(blob);
      }),
    );
    expect(texts).toEqual(Object.values(files));
    expect(commands.length).toBeLessThanOrEqual(2);
  });

  it('that cannot be fetched are an error for all who asked, and no other time', async () => {
    const { remote, clone, id } = await aClone();
    const blob = id('a.txt');
    execFileSync('mv', [remote.folder, `${remote.folder}.away`], { env: GIT_ENV });
    await expect(
      Promise.all([clone.objects.read([blob]), clone.objects.read([blob])]),
    ).rejects.toThrow('repository');
    execFileSync('mv', [`${remote.folder}.away`, remote.folder], { env: GIT_ENV });
    expect((await clone.objects.read([blob])).get(blob)).toBe('one\n');
  });
});

describe('trees', () => {
  const FILES = {
    'workloads/shop/cart/a.yaml': 'a\n',
    'workloads/shop/cart/b.yaml': 'b\n',
    'workloads/shop/pay/a.yaml': 'a\n',
    'README.md': 'r\n',
  };

  it('list every file below a folder, in the order of Git', async () => {
    const { remote, clone, commit } = await aClone(FILES);
    const listed = remote.git('ls-tree', '-r', '--name-only', commit).trim().split('\n');
    expect((await clone.objects.tree(commit)).map(({ path }) => path)).toEqual(listed);
    expect(
      (await clone.objects.tree(commit, 'workloads/shop/cart')).map(({ path }) => path),
    ).toEqual(['workloads/shop/cart/a.yaml', 'workloads/shop/cart/b.yaml']);
    expect(await clone.objects.tree(commit, 'README.md')).toEqual([]);
    expect(await clone.objects.tree(commit, 'workloads/none')).toEqual([]);
  });

  it('have the same id as long as nothing below them is changed', async () => {
    const { remote, clone, commit } = await aClone(FILES);
    const next = remote.commit(BRANCH, { 'workloads/shop/cart/a.yaml': 'A\n' });
    await clone.fetch([BRANCH]);
    const find = async (at: string, path: string) => (await clone.objects.find(at, path))?.id;
    expect(await find(next, 'workloads/shop/pay')).toBe(await find(commit, 'workloads/shop/pay'));
    expect(await find(next, 'workloads/shop/cart')).not.toBe(
      await find(commit, 'workloads/shop/cart'),
    );
    expect(await clone.objects.find(commit, 'README.md/x')).toBeUndefined();
  });

  it('of an unknown commit are an error and not empty', async () => {
    const { clone } = await aClone();
    await expect(clone.objects.tree('f'.repeat(40))).rejects.toThrow('bad object');
  });

  it('are read from a clone that an older engine made', async () => {
    const { clone, commit } = await aClone(FILES);
    execFileSync('rm', ['-r', join(clone.folder, 'objects-only')]);
    const again = new (clone.constructor as typeof BareClone)({
      url: clone.url,
      cacheFolder: clone.cacheFolder,
      env: GIT_ENV,
    });
    await again.fetch([BRANCH]);
    expect(await again.objects.tree(commit)).toHaveLength(4);
  });
});
