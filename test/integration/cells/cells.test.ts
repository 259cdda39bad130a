import { describe, expect, it } from 'vitest';
import type { CanaryKey } from '../../../constructs/canary-spec.ts';
import { layerOf, LAYERS } from '../../../constructs/delivery-layers.ts';
import { createBranchHistory } from '../../../engine/adapters/git/branch-history.ts';
import { portsIfLeading } from '../../../engine/controller/election.ts';
import { runPass } from '../../../engine/controller/pass.ts';
import { verifyBranch } from '../../../engine/controller/verify/verify-branch.ts';
import { branchOfCanary, layoutOf } from '../../../engine/core/cells.ts';
import type { Lease } from '../../../engine/ports/lease.ts';
import { startGitHttpServer } from '../../support/git-http-server.ts';
import { Remote } from '../../support/git-sandbox.ts';
import { FleetWorld } from './fleet-world.ts';

const LAYOUT = layoutOf('delivery/{cell}', 4);
const KEYS: readonly CanaryKey[] = ['shop/cart', 'shop/pay', 'shop/ship', 'home/page', 'home/find'];

async function isAtRest(world: FleetWorld): Promise<boolean> {
  const records = await world.records();
  return KEYS.every((key) => {
    const record = records.get(key);
    return record?.awaiting === 'revision' && record.phase !== 'Initializing';
  });
}

async function aFleet(layout = LAYOUT) {
  const remote = new Remote();
  const server = await startGitHttpServer(remote);
  const world = new FleetWorld(remote, layout, [], server.url);
  world.release(KEYS, 1);
  world.others.set(
    'shared/namespace.yaml',
    'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n',
  );
  world.others.set(
    'shared/config.yaml',
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: common, namespace: shop}\ndata: {a: "1"}\n',
  );
  await world.passUntil(() => isAtRest(world));
  const pushes = () =>
    server.requests.filter((each) => each.startsWith('POST') && each.endsWith('receive-pack'))
      .length;
  return { remote, server, world, pushes };
}

describe('a fleet in cells', () => {
  it('stands on a branch for each cell, each canary on the branch of its hash', async () => {
    const { remote, world } = await aFleet();
    const cells = new Set(KEYS.map((key) => branchOfCanary(LAYOUT, key)));
    expect(cells.size).toBeGreaterThan(1);
    expect(world.branches().toSorted()).toEqual([...cells, 'delivery/_shared'].toSorted());
    for (const key of KEYS) {
      const branch = branchOfCanary(LAYOUT, key);
      expect(remote.file(branch, `rollouts/${key}/record.yaml`)).toContain('Initialized');
    }
    expect(remote.file('delivery/_shared', 'workloads/_cluster/namespace-shop.yaml')).toContain(
      'shop',
    );
    expect(
      remote.file('delivery/_shared', 'workloads/shop/_other/configmap-common.yaml'),
    ).toContain('common');
  });

  it('sends everything that one pass decides out in one push', async () => {
    const { world, pushes } = await aFleet();
    world.release(KEYS, 2);
    const before = pushes();
    const { canaries } = await world.pass();
    expect(canaries.map(({ result }) => result.kind)).toEqual(KEYS.map(() => 'committed'));
    expect(pushes() - before).toBe(1);
  });

  it('rolls back one of them and promotes the others, and every branch can be verified', async () => {
    const { remote, world } = await aFleet();
    world.failing.add('shop/pay');
    world.release(KEYS, 2);
    await world.pass();
    await world.passUntil(() => isAtRest(world));
    const records = await world.records();
    expect(KEYS.map((key) => records.get(key)?.phase)).toEqual(
      KEYS.map((key) => (key === 'shop/pay' ? 'Failed' : 'Succeeded')),
    );
    const clone = remote.clone();
    await clone.fetch(world.branches());
    for (const branch of world.branches()) {
      const history = createBranchHistory({ clone, branch, signatures: false });
      const read = (blobs: readonly string[]) => clone.objects.read(blobs);
      expect(await verifyBranch({ history, read }, { signed: false })).not.toHaveProperty('broken');
    }
  }, 60_000);

  it('asks the agent to look at a layer of a branch when that has changed, and only then', async () => {
    const { remote, world } = await aFleet();
    const layers = () =>
      world.branches().flatMap((branch) => {
        const files = remote.git('ls-tree', '-r', branch).split('\n');
        return LAYERS.map((layer) => {
          const ofLayer = files.filter((file) => layerOf(file.split('\t')[1] ?? '') === layer);
          return [`${branch} ${layer}`, ofLayer.join('\n')] as const;
        });
      });
    world.threshold = 3;
    world.failing.add('shop/pay');
    world.release(['shop/pay'], 2);
    let quietCommits = 0;
    const unasked = new Set<string>();
    for (let passes = 0; passes < 10; passes += 1) {
      await world.settle();
      const before = new Map(layers());
      world.pokes.length = 0;
      const { canaries } = await world.look();
      for (const [layer, id] of layers()) if (before.get(layer) !== id) unasked.add(layer);
      for (const layer of new Set(world.pokes)) expect(unasked.delete(layer), layer).toBe(true);
      // Only the pods of a release that is over may be taken away a little later.
      const isOver = (await world.records()).get('shop/pay')?.awaiting === 'revision';
      expect([...unasked].filter((tree) => !isOver || tree.endsWith('traffic'))).toEqual([]);
      const committed = canaries.filter(({ result }) => result.kind === 'committed');
      quietCommits += committed.filter(
        ({ canary }) =>
          !world.pokes.some((poked) => poked.startsWith(`${branchOfCanary(LAYOUT, canary)} `)),
      ).length;
    }
    expect(quietCommits).toBeGreaterThan(0);
    expect([...unasked]).toEqual([]);
    expect((await world.records()).get('shop/pay')?.phase).toBe('Failed');
  });

  it('has a branch for each namespace with the other pattern, made when it is first needed', async () => {
    const { world, remote } = await aFleet(layoutOf('delivery/{namespace}'));
    expect(world.branches().toSorted()).toEqual([
      'delivery/_shared',
      'delivery/home',
      'delivery/shop',
    ]);
    expect(remote.file('delivery/shop', 'workloads/shop/_other/configmap-common.yaml')).toContain(
      'common',
    );
    world.restart(layoutOf('delivery/{namespace}'));
    world.release(['late/comer'], 1);
    await world.pass();
    expect(world.branches()).toContain('delivery/late');
  });
});

describe('a lost race on one branch', () => {
  it('neither loses nor holds up the commits of the others, and is decided again in the same pass', async () => {
    const { remote, world, pushes } = await aFleet();
    world.release(KEYS, 2);
    await world.settle();
    const [key = 'shop/cart'] = KEYS;
    const branch = branchOfCanary(LAYOUT, key);
    const { cells } = world.ports;
    if (cells === undefined) throw new Error('the world has cells');
    const before = pushes();
    let raced = 0;
    const batches: number[] = [];
    const racing = {
      ...cells,
      branches: {
        existing: (prefixes: readonly string[]) => cells.branches.existing(prefixes),
        at: (name: string) => cells.branches.at(name),
        publish: (all: Parameters<typeof cells.branches.publish>[0]) => {
          batches.push(all.length);
          if ((raced += 1) === 1) remote.commit(branch, { 'notes.md': 'by hand\n' });
          return cells.branches.publish(all);
        },
      },
    };
    const { canaries, trouble } = await runPass({ ...world.ports, cells: racing }, world.memory);
    expect(trouble).toBeUndefined();
    expect(canaries.map(({ result }) => result.kind)).toEqual(KEYS.map(() => 'committed'));
    expect(new Set(canaries.map(({ canary }) => canary)).size).toBe(KEYS.length);
    // The others went out with the push that lost the race, and were not pushed again.
    expect(batches).toEqual([new Set(KEYS.map((each) => branchOfCanary(LAYOUT, each))).size, 1]);
    expect(pushes() - before).toBe(2);
    for (const each of KEYS) {
      const on = branchOfCanary(LAYOUT, each);
      const starts = remote
        .subjects(on)
        .filter((line) => line.includes('start') && line.startsWith(each.split('/')[1] ?? ''));
      expect(starts, each).toHaveLength(1);
    }
    expect(remote.file(branch, 'notes.md')).toBe('by hand\n');
  });

  it('is a trouble of its own canaries where the server refuses one branch', async () => {
    const { remote, world } = await aFleet();
    const branch = branchOfCanary(LAYOUT, 'shop/cart');
    const hook = `#!/bin/sh\n[ "$1" = refs/heads/${branch} ] && { echo 'protected' >&2; exit 1; }\nexit 0\n`;
    remote.hook('update', hook);
    world.release(KEYS, 2);
    const { canaries, trouble, queue } = await world.pass();
    expect(trouble).toBeUndefined();
    const refused = KEYS.filter((key) => branchOfCanary(LAYOUT, key) === branch);
    for (const { canary, result } of canaries) {
      expect(result.kind, canary).toBe(refused.includes(canary) ? 'blocked' : 'committed');
    }
    expect(queue.map(({ canary }) => canary)).toEqual(refused);
  });
});

it('an engine that lost its lease in mid-pass pushes to no cell, and the next one decides the same', async () => {
  const { world, pushes } = await aFleet();
  world.release(KEYS, 2);
  await world.settle();
  let leads = true;
  const lease: Lease = {
    campaign: () => Promise.resolve(),
    leadership: () =>
      leads
        ? { kind: 'leading', identity: 'first', term: 1 }
        : { kind: 'following', leader: 'second' },
  };
  const { source } = world.ports;
  const losing = {
    ...world.ports,
    lease,
    source: {
      read: async () => {
        const read = await source.read();
        leads = false;
        return read;
      },
    },
  };
  const ports = portsIfLeading(losing, () => {});
  if (ports === undefined) throw new Error('the first engine leads');
  const before = pushes();
  const { trouble } = await runPass(ports, world.memory);
  expect(trouble).toMatchObject({ why: 'this engine does not lead any more' });
  expect(pushes()).toBe(before);
  world.restart(LAYOUT);
  const { canaries } = await world.pass();
  expect(canaries.map(({ result }) => result.kind)).toEqual(KEYS.map(() => 'committed'));
}, 60_000);
