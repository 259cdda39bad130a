import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { BareClone } from '../../../../engine/adapters/git/bare-clone.ts';
import type { DeliveryRepository } from '../../../../engine/ports/delivery-repository.ts';
import { T0_MS } from '../../../support/builders.ts';
import { GIT_ENV, Remote, write } from '../../../support/git-sandbox.ts';

const BRANCH = 'delivery/test';

async function publish(delivery: DeliveryRepository, path: string, text: string) {
  const refreshed = await delivery.refresh();
  if (refreshed.kind !== 'fresh') return refreshed;
  const changes = [write(path, text)];
  return delivery.publish([{ message: `${path}\n`, changes, atMs: T0_MS }], refreshed.tip);
}

async function readAll(delivery: DeliveryRepository): Promise<ReadonlyMap<string, string>> {
  const refreshed = await delivery.refresh();
  if (refreshed.kind !== 'fresh' || refreshed.tip === undefined) throw new Error('nothing there');
  const entries = await delivery.list(refreshed.tip, 'files');
  const texts = await delivery.read(entries.map(({ blob }) => blob));
  return new Map(entries.map(({ path, blob }) => [path, texts.get(blob) ?? '']));
}

const packsOf = ({ folder }: BareClone) =>
  readdirSync(join(folder, 'objects', 'pack')).filter((name) => name.endsWith('.pack')).length;

describe('a clone in which a killed Git has left a lock behind', () => {
  it.each([
    ['refs/heads/delivery/test.lock', 'a branch that somebody else has moved'],
    ['packed-refs.lock', 'the sweep'],
  ])(
    'is made anew where it is in the way, and every push goes through: %s, of %s',
    async (lock) => {
      const remote = new Remote();
      const clone = remote.clone();
      const delivery = remote.delivery(BRANCH, clone);
      await publish(delivery, 'files/0.yaml', '0\n');
      const file = join(clone.folder, lock);
      writeFileSync(file, '');
      remote.commit(BRANCH, { 'files/by-hand.yaml': 'x\n' });
      for (let n = 1; n < 5; n += 1) {
        expect(await publish(delivery, `files/${n}.yaml`, `${n}\n`)).toMatchObject({
          kind: 'pushed',
        });
        await clone.maintenance.sweep();
      }
      expect((await readAll(delivery)).size).toBe(6);
      expect(existsSync(file)).toBe(false);
    },
  );

  it('pushes past a lock on its own branch, and knows what it has pushed', async () => {
    const remote = new Remote();
    const clone = remote.clone();
    const delivery = remote.delivery(BRANCH, clone);
    await publish(delivery, 'files/0.yaml', '0\n');
    writeFileSync(join(clone.folder, 'refs/heads/delivery/test.lock'), '');
    expect(await publish(delivery, 'files/1.yaml', '1\n')).toMatchObject({ kind: 'pushed' });
    expect((await readAll(delivery)).size).toBe(2);
    const history = await delivery.history({ paths: ['files'] });
    expect(history.map(({ subject }) => subject)).toEqual(['files/1.yaml', 'files/0.yaml']);
  });
});

describe('a clone that is used for long', () => {
  it('has few packs, still knows what it holds and what the server holds for it', async () => {
    const remote = new Remote();
    const writer = remote.delivery(BRANCH);
    const clone = remote.clone();
    const reader = remote.delivery(BRANCH, clone);
    for (let n = 0; n < 5; n += 1) {
      await publish(writer, `files/${n}.yaml`, `${n}\n`);
      await readAll(reader);
    }
    // Each fetch leaves two packs behind; these stand for those of twenty more.
    const script =
      'for n in $(seq 40); do echo $n | git hash-object -w --stdin | git pack-objects -q objects/pack/pack; done';
    execFileSync('sh', ['-c', script], { cwd: clone.folder, env: GIT_ENV });
    expect(packsOf(clone)).toBeGreaterThan(40);
    await publish(writer, 'files/last.yaml', 'last\n');
    await reader.refresh();
    await clone.maintenance.changed();
    await clone.maintenance.settled();
    expect(packsOf(clone)).toBeLessThan(4);
    expect((await readAll(remote.delivery(BRANCH, clone))).get('files/3.yaml')).toBe('3\n');
    expect(await publish(reader, 'files/more.yaml', 'x')).toMatchObject({ kind: 'pushed' });
    expect(remote.subjects(BRANCH)).toHaveLength(7);
    expect((await clone.git.pipe(['fsck', '--connectivity-only'], '')).code).toBe(0);
  });

  it('is swept while it is used, and loses nothing that is on its way', async () => {
    const remote = new Remote();
    const clone = remote.clone();
    const delivery = remote.delivery(BRANCH, clone);
    for (let n = 0; n < 6; n += 1) {
      const [outcome] = await Promise.all([
        publish(delivery, `files/${n}.yaml`, `${n}\n`),
        clone.maintenance.sweep(),
      ]);
      expect(outcome).toMatchObject({ kind: 'pushed' });
    }
    expect((await readAll(delivery)).size).toBe(6);
    remote.git('fsck', '--strict');
  });

  it('forgets what an engine that was killed wanted to push', async () => {
    const remote = new Remote();
    const clone = remote.clone();
    const delivery = remote.delivery(BRANCH, clone);
    await publish(delivery, 'files/a.yaml', '1');
    const tip = (await clone.tip(BRANCH)) ?? '';
    const dead = 'refs/serin/outgoing/4194303-x';
    const alive = `refs/serin/outgoing/${process.ppid}-x`;
    for (const ref of [dead, alive]) await clone.git.run(['update-ref', ref, tip]);
    await clone.maintenance.sweep();
    expect(await clone.git.run(['for-each-ref', '--format=%(refname)', 'refs/serin'])).toBe(
      `${alive}\n`,
    );
  });
});

describe('a clone in mid-run', () => {
  async function aWorld() {
    const remote = new Remote();
    const clone = remote.clone();
    const delivery = remote.delivery(BRANCH, clone);
    for (const name of ['a', 'b', 'c']) await publish(delivery, `files/${name}.yaml`, name);
    return { remote, clone, delivery };
  }

  it('that is lost is made anew, and the work goes on', async () => {
    const { remote, clone, delivery } = await aWorld();
    rmSync(clone.folder, { recursive: true });
    expect(await publish(delivery, 'files/d.yaml', 'd')).toMatchObject({ kind: 'pushed' });
    expect(remote.subjects(BRANCH)).toHaveLength(4);
    expect((await readAll(delivery)).size).toBe(4);
  });

  it('that is lost between reading and writing pushes nothing, and goes on at the next try', async () => {
    const { remote, clone, delivery } = await aWorld();
    const tip = await clone.tip(BRANCH);
    rmSync(clone.folder, { recursive: true });
    const changes = [write('files/d.yaml', 'd')];
    const outcome = await delivery.publish([{ message: 'd\n', changes, atMs: T0_MS }], tip);
    expect(outcome).toMatchObject({ kind: 'unreachable', why: expect.stringContaining('anew') });
    expect(remote.subjects(BRANCH)).toHaveLength(3);
    expect(await publish(delivery, 'files/d.yaml', 'd')).toMatchObject({ kind: 'pushed' });
  });

  it.each(['HEAD', 'config', 'packed-refs'])('whose %s is garbage is made anew', async (name) => {
    const { remote, clone, delivery } = await aWorld();
    writeFileSync(join(clone.folder, name), 'gar\u0000bage\n');
    await publish(delivery, 'files/d.yaml', 'd');
    expect(await publish(delivery, 'files/e.yaml', 'e')).toMatchObject({ kind: 'pushed' });
    expect(remote.subjects(BRANCH)[0]).toBe('files/e.yaml');
  });

  it('whose objects are cut short is made anew', async () => {
    const { remote, clone, delivery } = await aWorld();
    const objects = readdirSync(join(clone.folder, 'objects'), {
      recursive: true,
      encoding: 'utf8',
    });
    for (const name of objects.filter((path) => /^[0-9a-f]{2}.[0-9a-f]{38}$/.test(path))) {
      const path = join(clone.folder, 'objects', name);
      rmSync(path, { force: true });
      writeFileSync(path, '');
      truncateSync(path, 0);
    }
    const other = remote.delivery(BRANCH);
    await publish(other, 'files/other.yaml', 'x');
    await delivery.refresh();
    await readAll(remote.delivery(BRANCH, clone)).catch(() => undefined);
    expect((await readAll(remote.delivery(BRANCH, clone))).size).toBe(4);
    expect(await publish(delivery, 'files/d.yaml', 'd')).toMatchObject({ kind: 'pushed' });
    remote.git('fsck', '--strict');
  });

  it('inside another repository that loses its own head never touches the one around it', async () => {
    const remote = new Remote();
    const around = remote.clone();
    await remote.delivery(BRANCH, around).refresh();
    await publish(remote.delivery(BRANCH, around), 'files/a.yaml', '1');
    const inner = new (await import('../../../../engine/adapters/git/bare-clone.ts')).BareClone({
      url: remote.url,
      cacheFolder: around.folder,
      env: process.env,
    });
    const delivery = remote.delivery('other', inner);
    await delivery.refresh();
    writeFileSync(join(inner.folder, 'HEAD'), 'garbage');
    await delivery.refresh();
    const before = await around.git.run(['for-each-ref']);
    expect(before).toContain(`refs/heads/${BRANCH}`);
    await inner.fetch(['none-of-the-others']);
    expect(await around.git.run(['for-each-ref'])).toBe(before);
  });
});
