import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canaryFolders } from '../../../../engine/core/paths.ts';
import type {
  CommitDraft,
  DeliveryRepository,
} from '../../../../engine/ports/delivery-repository.ts';
import { T0_MS } from '../../../support/builders.ts';
import { startGitHttpServer } from '../../../support/git-http-server.ts';
import { Remote, write } from '../../../support/git-sandbox.ts';

const BRANCH = 'delivery/test';

function aDraft(path: string, text: string, message = `write ${path}\n`): CommitDraft {
  return { message, changes: [write(path, text)], atMs: T0_MS };
}

async function tipOf(repository: DeliveryRepository): Promise<string | undefined> {
  const refreshed = await repository.refresh();
  if (refreshed.kind !== 'fresh') throw new Error(refreshed.why);
  return refreshed.tip;
}

/** A remote whose delivery branch holds one file, and a repository that has read it. */
async function aDelivery() {
  const remote = new Remote();
  const delivery = remote.delivery(BRANCH);
  await delivery.refresh();
  await delivery.publish([aDraft('workloads/shop/cart/a.yaml', 'a: 1\n')], undefined);
  return { remote, delivery, tip: (await tipOf(delivery)) ?? '' };
}

describe('reading the delivery branch', () => {
  it('finds no tip while the branch does not exist, even in an empty repository', async () => {
    expect(await new Remote().delivery().refresh()).toEqual({ kind: 'fresh', tip: undefined });
  });

  it('says that the remote is unreachable instead of throwing', async () => {
    const remote = new Remote();
    const delivery = remote.delivery(BRANCH, remote.clone('file:///nowhere/at-all'));
    expect(await delivery.refresh()).toMatchObject({ kind: 'unreachable' });
  });

  it('lists and reads files of a fresh clone without having fetched their contents before', async () => {
    const { remote, tip } = await aDelivery();
    const other = remote.delivery(BRANCH);
    await other.refresh();
    const entries = await other.list(tip, 'workloads/shop/cart');
    expect(entries.map(({ path }) => path)).toEqual(['workloads/shop/cart/a.yaml']);
    const texts = await other.read(entries.map(({ blob }) => blob));
    expect([...texts.values()]).toEqual(['a: 1\n']);
  });

  it('sees what others commit', async () => {
    const { remote, delivery } = await aDelivery();
    const commit = remote.commit(BRANCH, { 'notes.md': 'hello\n' });
    expect(await tipOf(delivery)).toBe(commit);
  });

  it('makes a damaged clone anew', async () => {
    const { remote, tip } = await aDelivery();
    const clone = remote.clone();
    await remote.delivery(BRANCH, clone).refresh();
    const folder = (await clone.git.run(['rev-parse', '--absolute-git-dir'])).trim();
    writeFileSync(join(folder, 'HEAD'), 'garbage');
    writeFileSync(join(folder, 'config'), 'garbage');
    const { BareClone } = await import('../../../../engine/adapters/git/bare-clone.ts');
    const again = new BareClone({
      url: remote.url,
      cacheFolder: join(folder, '..'),
      env: process.env,
    });
    expect(await tipOf(remote.delivery(BRANCH, again))).toBe(tip);
  });
});

describe('publishing', () => {
  it('turns each draft into one commit, in order, in one push', async () => {
    const { remote, delivery, tip } = await aDelivery();
    const drafts = [aDraft('a.yaml', '1'), aDraft('b.yaml', '2'), aDraft('a.yaml', '3')];
    const outcome = await delivery.publish(drafts, tip);
    expect(outcome.kind).toBe('pushed');
    const ids = remote.git('rev-list', '--reverse', `${tip}..${BRANCH}`).trim().split('\n');
    expect(outcome).toMatchObject({ commits: ids });
    expect(remote.file(BRANCH, 'a.yaml')).toBe('3');
    expect(remote.file(`${BRANCH}~2`, 'a.yaml')).toBe('1');
    remote.git('fsck', '--strict');
  });

  it('keeps every byte: unicode, missing newlines, carriage returns, and names with spaces', async () => {
    const { remote, delivery, tip } = await aDelivery();
    const files = { 'ä b.yaml': 'grün\r\nno newline', 'empty.yaml': '', 'q"uote.yaml': '"\\\n' };
    const changes = Object.entries(files).map(([path, text]) => write(path, text));
    await delivery.publish([{ message: 'bytes\n', changes, atMs: T0_MS }], tip);
    for (const [path, text] of Object.entries(files)) expect(remote.file(BRANCH, path)).toBe(text);
  });

  it('gives the same commit ids for the same decisions at the same time', async () => {
    const publish = async () => {
      const { delivery, tip } = await aDelivery();
      return delivery.publish([aDraft('a.yaml', '1')], tip);
    };
    expect(await publish()).toEqual(await publish());
  });

  it('commits nothing when nothing would change', async () => {
    const { remote, delivery, tip } = await aDelivery();
    const same = aDraft('workloads/shop/cart/a.yaml', 'a: 1\n');
    const gone: CommitDraft = {
      message: 'x\n',
      changes: [{ kind: 'delete', path: 'not/there.yaml' }],
      atMs: T0_MS,
    };
    expect(await delivery.publish([same, gone], tip)).toEqual({ kind: 'unchanged' });
    expect(remote.subjects(BRANCH)).toHaveLength(1);
  });

  it('deletes what a draft deletes and leaves everybody else’s files as they are', async () => {
    const { remote, delivery } = await aDelivery();
    remote.commit(BRANCH, { 'README.md': 'by hand\n', 'workloads/other/x.yaml': 'x\n' });
    const tip = await tipOf(delivery);
    const path = 'workloads/shop/cart/a.yaml';
    await delivery.publish(
      [{ message: 'gone\n', changes: [{ kind: 'delete', path }], atMs: T0_MS }],
      tip,
    );
    const files = remote.git('ls-tree', '-r', '--name-only', BRANCH).trim().split('\n');
    expect(files).toEqual(['README.md', 'workloads/other/x.yaml']);
  });

  it('takes a thousand decisions in one push', async () => {
    const { remote, delivery, tip } = await aDelivery();
    const drafts = Array.from({ length: 1_000 }, (_, index) =>
      aDraft(`r/${index}.yaml`, `${index}\n`),
    );
    expect(await delivery.publish(drafts, tip)).toMatchObject({ kind: 'pushed' });
    expect(remote.git('rev-list', '--count', BRANCH).trim()).toBe('1001');
    remote.git('fsck', '--strict');
  });

  it.each(['../escape', '.git/hooks/x', '/etc/passwd', 'a\nb'])(
    'writes nothing to %j',
    async (path) => {
      const { remote, delivery, tip } = await aDelivery();
      await expect(delivery.publish([aDraft(path, 'x')], tip)).rejects.toThrow('path');
      expect(remote.subjects(BRANCH)).toHaveLength(1);
    },
  );

  it('leaves no ref of its own behind', async () => {
    const { remote, delivery, tip } = await aDelivery();
    await delivery.publish([aDraft('a.yaml', '1')], tip);
    expect(remote.git('for-each-ref', '--format=%(refname)').trim()).toBe(`refs/heads/${BRANCH}`);
  });
});

describe('two writers on one branch', () => {
  it('never undo each other: the later one is told that it is stale', async () => {
    const { remote, delivery, tip } = await aDelivery();
    const other = remote.delivery(BRANCH);
    await other.refresh();
    expect(await other.publish([aDraft('theirs.yaml', '1')], tip)).toMatchObject({
      kind: 'pushed',
    });
    expect(await delivery.publish([aDraft('ours.yaml', '1')], tip)).toMatchObject({
      kind: 'stale',
    });
    const newTip = await tipOf(delivery);
    expect(await delivery.publish([aDraft('ours.yaml', '1')], newTip)).toMatchObject({
      kind: 'pushed',
    });
    expect(remote.file(BRANCH, 'theirs.yaml')).toBe('1');
    expect(remote.file(BRANCH, 'ours.yaml')).toBe('1');
  });

  it('that both want to create the branch: one of them is stale', async () => {
    const remote = new Remote();
    const [one, other] = [remote.delivery(BRANCH), remote.delivery(BRANCH)];
    await one.refresh();
    await other.refresh();
    await one.publish([aDraft('a', '1')], undefined);
    expect(await other.publish([aDraft('b', '1')], undefined)).toMatchObject({ kind: 'stale' });
  });

  it('a hook that says no is a refusal with its words, not a race', async () => {
    const { remote, delivery, tip } = await aDelivery();
    const hook = join(remote.folder, 'hooks', 'pre-receive');
    writeFileSync(hook, '#!/bin/sh\necho "frozen until monday"\nexit 1\n', { mode: 0o755 });
    expect(await delivery.publish([aDraft('a', '1')], tip)).toMatchObject({
      kind: 'rejected',
      why: expect.stringContaining('frozen until monday'),
    });
  });
});

describe('a push over smart HTTP', () => {
  async function overHttp() {
    const remote = new Remote();
    const server = await startGitHttpServer(remote);
    const delivery = remote.delivery(BRANCH, remote.clone(server.url));
    await delivery.refresh();
    await delivery.publish([aDraft('a', '1')], undefined);
    return { remote, server, delivery, tip: await tipOf(delivery) };
  }

  it('goes through', async () => {
    const { remote, delivery, tip } = await overHttp();
    expect(await delivery.publish([aDraft('b', '2')], tip)).toMatchObject({ kind: 'pushed' });
    expect(remote.subjects(BRANCH)).toHaveLength(2);
  });

  it('that the server took before the connection broke is known to be pushed', async () => {
    const { remote, server, delivery, tip } = await overHttp();
    server.fault = 'cut-after';
    expect(await delivery.publish([aDraft('b', '2')], tip)).toMatchObject({ kind: 'pushed' });
    expect(remote.subjects(BRANCH)).toHaveLength(2);
  });

  it.each(['cut-before', 'error-500'] as const)(
    'that never arrived (%s) is known not to be, and can be made again',
    async (fault) => {
      const { remote, server, delivery, tip } = await overHttp();
      server.fault = fault;
      expect(await delivery.publish([aDraft('b', '2')], tip)).toMatchObject({
        kind: 'unreachable',
      });
      expect(remote.subjects(BRANCH)).toHaveLength(1);
      server.fault = 'none';
      expect(await delivery.publish([aDraft('b', '2')], tip)).toMatchObject({ kind: 'pushed' });
    },
  );

  it('beyond a limit was not made, and says when it may be made again', async () => {
    const { remote, server, delivery, tip } = await overHttp();
    server.fault = 'limited';
    const asked = server.requests.length;
    expect(await delivery.publish([aDraft('b', '2')], tip)).toMatchObject({
      kind: 'deferred',
      retryAfterMs: 30_000,
    });
    expect(remote.subjects(BRANCH)).toHaveLength(1);
    expect(server.requests.slice(asked).filter((one) => one.includes('upload-pack'))).toEqual([]);
  });

  it('to a server that is overloaded is settled by asking, and says when to come back', async () => {
    const { server, delivery, tip } = await overHttp();
    server.fault = 'overloaded';
    expect(await delivery.publish([aDraft('b', '2')], tip)).toMatchObject({
      kind: 'unreachable',
      retryAfterMs: 5_000,
    });
  });

  it('without the right to push needs a person', async () => {
    const { server, delivery, tip } = await overHttp();
    server.fault = 'forbidden';
    expect(await delivery.publish([aDraft('b', '2')], tip)).toMatchObject({ kind: 'rejected' });
  });

  it('to a server that is gone has certainly not arrived, or is unknown; never a success', async () => {
    const { server, delivery, tip } = await overHttp();
    server.down = true;
    const { kind } = await delivery.publish([aDraft('b', '2')], tip);
    expect(['unreachable', 'unknown']).toContain(kind);
    expect(await delivery.refresh()).toMatchObject({ kind: 'unreachable' });
  });
});

describe('containment', () => {
  it('holds for the commit itself, and for an older one with the same folder', async () => {
    const { delivery, tip } = await aDelivery();
    const { workloads, traffic } = canaryFolders('shop/cart');
    await delivery.publish([aDraft(`${traffic}/service-cart.yaml`, '1')], tip);
    const newTip = (await tipOf(delivery)) ?? '';
    expect(await delivery.containment(newTip, newTip, traffic, 'traffic')).toBe('contained');
    expect(await delivery.containment(newTip, tip, workloads, 'workloads')).toBe('contained');
    expect(await delivery.containment(newTip, tip, traffic, 'traffic')).toBe('behind');
  });

  it('holds for an older commit whose folder differs in files of other layers only', async () => {
    const { delivery, tip } = await aDelivery();
    const { traffic } = canaryFolders('shop/cart');
    await delivery.publish([aDraft(`${traffic}/service-cart.yaml`, '1')], tip);
    const withService = (await tipOf(delivery)) ?? '';
    await delivery.publish([aDraft(`${traffic}/virtualservice-cart.yaml`, '1')], withService);
    const withRoute = (await tipOf(delivery)) ?? '';
    expect(await delivery.containment(withRoute, withService, traffic, 'traffic')).toBe(
      'contained',
    );
    expect(await delivery.containment(withRoute, withService, traffic, 'routes')).toBe('behind');
    expect(await delivery.containment(withService, tip, traffic, 'routes')).toBe('contained');
  });

  it('does not hold for a commit that the branch does not have', async () => {
    const { remote, delivery, tip } = await aDelivery();
    const foreign = remote.commit('elsewhere', { 'workloads/shop/cart/a.yaml': 'a: 1\n' });
    for (const revision of [foreign, 'f'.repeat(40), 'main', '--help']) {
      expect(await delivery.containment(tip, revision, 'workloads/shop/cart', 'workloads')).toBe(
        'behind',
      );
    }
  });
});

describe('the history', () => {
  it('comes newest first, with the trailers as Git reads them', async () => {
    const { remote, delivery, tip } = await aDelivery();
    const message =
      'shop: weight 10 (why)\n\npass: x\n\nCanary: shop/cart\nReverts: a\nReverts: b\n';
    await delivery.publish([aDraft('traffic/x', '1', message)], tip);
    await delivery.refresh();
    const [newest, oldest] = await delivery.history({ limit: 5 });
    expect(newest).toMatchObject({ subject: 'shop: weight 10 (why)', atMs: T0_MS });
    expect(newest?.trailers).toEqual([
      { key: 'Canary', value: 'shop/cart' },
      { key: 'Reverts', value: 'a' },
      { key: 'Reverts', value: 'b' },
    ]);
    expect(oldest?.trailers).toEqual([]);
    expect(await delivery.history({ paths: ['traffic'] })).toHaveLength(1);
    expect(remote.git('log', '-1', '--format=%(trailers:only)', BRANCH)).toContain(
      'Canary: shop/cart',
    );
  });

  it('since a moment has every later commit, also below one that a clock years behind has dated', async () => {
    const { remote, delivery, tip } = await aDelivery();
    const later = { ...aDraft('traffic/x', '1'), atMs: T0_MS + 60_000 };
    await delivery.publish([later], tip);
    remote.commitAt('2001-01-01T00:00:00Z', BRANCH, { 'README.md': 'a note\n' });
    const last = { ...aDraft('traffic/x', '2'), atMs: T0_MS + 120_000 };
    await delivery.publish([last], await tipOf(delivery));
    const since = await delivery.history({ sinceMs: T0_MS + 30_000 });
    expect(since.map(({ atMs }) => atMs - T0_MS)).toEqual([120_000, 60_000]);
  });

  it('is empty for a commit that is not there', async () => {
    const { delivery } = await aDelivery();
    expect(await delivery.history({ from: 'f'.repeat(40) })).toEqual([]);
  });
});
