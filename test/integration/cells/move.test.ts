import { describe, expect, it } from 'vitest';
import type { CanaryKey } from '../../../constructs/canary-spec.ts';
import { LAYERS } from '../../../constructs/delivery-layers.ts';
import { createBranchHistory } from '../../../engine/adapters/git/branch-history.ts';
import { OtherReferences } from '../../../engine/controller/verify/references.ts';
import { verifyBranch } from '../../../engine/controller/verify/verify-branch.ts';
import { branchOfCanary, layoutOf } from '../../../engine/core/cells.ts';
import { Remote } from '../../support/git-sandbox.ts';
import { createDice } from '../../simulation/random.ts';
import { deploymentText, FleetWorld } from './fleet-world.ts';
import { FluxModel } from './flux-model.ts';

const ONE = layoutOf('env/prod');
const CELLS = layoutOf('delivery/{cell}', 3);
const KEYS: readonly CanaryKey[] = ['shop/cart', 'shop/pay', 'home/page'];

/** A fleet at rest on one branch, as its agents have applied it. */
async function aFleetOnOneBranch() {
  const remote = new Remote();
  const world = new FleetWorld(remote, ONE);
  world.release(KEYS, 1);
  world.others.set('ns.yaml', 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n');
  const config =
    'apiVersion: v1\n# Mind the gap.\nkind: ConfigMap\nmetadata: {name: common, namespace: shop}\n';
  world.others.set('config.yaml', config);
  await world.passUntil(() => isAtRest(world));
  await world.settle();
  return { remote, world, objects: new Map(world.cluster.objects) };
}

async function isAtRest(world: FleetWorld): Promise<boolean> {
  const records = await world.records();
  return KEYS.every((key) => {
    const record = records.get(key);
    return record?.awaiting === 'revision' && record.phase !== 'Initializing';
  });
}

/** Nothing stands on a branch it does not belong on, or is on its way. */
function hasMoved(remote: Remote, world: FleetWorld, left = 'env/prod'): boolean {
  const files = world.branches().map((branch) => remote.files(branch));
  return remote.files(left).length === 0 && !files.flat().some((path) => path.includes('/_moves/'));
}

async function expectVerified(remote: Remote, world: FleetWorld) {
  expect(await verifyAll(remote, world)).toBe('');
}

/** What does not follow, if anything. */
async function verifyAll(remote: Remote, world: FleetWorld): Promise<string> {
  const clone = remote.clone();
  await clone.fetch(world.branches());
  const histories = world
    .branches()
    .map((branch) => createBranchHistory({ clone, branch, signatures: false }));
  const references = await OtherReferences.read(histories);
  const read = (blobs: readonly string[]) => clone.objects.read(blobs);
  const tree = async (commit: string) =>
    new Map((await clone.objects.tree(commit)).map(({ path, blob }) => [path, blob]));
  for (const [index, history] of histories.entries()) {
    const verified = await verifyBranch({ history, read, references, tree }, { signed: false });
    if (verified.broken !== undefined) return `${world.branches()[index]}: ${verified.broken.why}`;
  }
  return '';
}

describe('a fleet that grows into cells', () => {
  it.each([1, 2])(
    'never loses an object, whichever agent looks when and however often the engine dies (%i)',
    async (seed) => {
      const { remote, world, objects } = await aFleetOnOneBranch();
      const dice = createDice(seed);
      world.restart(CELLS, [ONE]);
      for (let passes = 0; passes < 60 && !hasMoved(remote, world); passes += 1) {
        const agents = world
          .branches()
          .flatMap((branch) => LAYERS.map((layer) => [branch, layer] as const));
        for (let looks = 0; looks < agents.length; looks += 1) {
          const agent = agents[dice.int(0, agents.length - 1)];
          if (agent !== undefined && dice.chance(0.6)) await world.cluster.reconcile(...agent);
          expect(world.cluster.deleted).toEqual([]);
        }
        if (dice.chance(0.3)) world.restart(CELLS, [ONE]);
        await world.look();
      }
      expect(hasMoved(remote, world)).toBe(true);
      await world.settle();
      await world.look();
      await world.settle();
      expect(world.cluster.deleted).toEqual([]);
      for (const [id, { manifest }] of objects) {
        expect(world.cluster.objects.get(id)?.manifest, id).toEqual(manifest);
      }
      for (const { owner } of world.cluster.objects.values())
        expect(owner).not.toContain('env/prod');
      for (const key of KEYS) {
        expect(remote.files(branchOfCanary(CELLS, key))).toContain(`rollouts/${key}/record.yaml`);
      }
      expect(
        remote.file('delivery/_shared', 'workloads/shop/_other/configmap-common.yaml'),
      ).toContain('gap');
    },
    120_000,
  );

  it('goes on releasing there, and its whole history can be verified', async () => {
    const { remote, world } = await aFleetOnOneBranch();
    world.restart(CELLS, [ONE]);
    world.release(KEYS, 2);
    const { canaries } = await world.pass();
    expect(canaries.map(({ result }) => result.kind)).toEqual(KEYS.map(() => 'waiting'));
    await world.passUntil(() => Promise.resolve(hasMoved(remote, world)));
    await world.passUntil(async () => {
      const records = await world.records();
      return KEYS.every((key) => records.get(key)?.phase === 'Succeeded');
    });
    await expectVerified(remote, world);
  }, 120_000);

  it('takes along what a person decides meanwhile', async () => {
    const { remote, world } = await aFleetOnOneBranch();
    world.restart(CELLS, [ONE]);
    await world.pass();
    const path = 'rollouts/shop/cart/control.yaml';
    remote.commit('env/prod', { [path]: 'pause: true\n' });
    await world.passUntil(() => Promise.resolve(hasMoved(remote, world)));
    expect(remote.file(branchOfCanary(CELLS, 'shop/cart'), path)).toBe('pause: true\n');
    await expectVerified(remote, world);
  }, 120_000);

  it('lets a rollout under way come to its end before its canary moves', async () => {
    const { remote, world } = await aFleetOnOneBranch();
    world.release(['shop/cart'], 2);
    await world.pass();
    world.restart(CELLS, [ONE]);
    await world.pass();
    expect(remote.files('env/prod')).toContain('rollouts/shop/cart/record.yaml');
    await world.passUntil(() => Promise.resolve(hasMoved(remote, world)));
    expect((await world.records()).get('shop/cart')?.phase).toBe('Succeeded');
    expect(world.cluster.deleted).toEqual([]);
  }, 120_000);

  it('can grow again: only whoever belongs on a new cell moves', async () => {
    const remote = new Remote();
    const world = new FleetWorld(remote, CELLS);
    world.release(KEYS, 1);
    await world.passUntil(() => isAtRest(world));
    const more = layoutOf('delivery/{cell}', 9);
    const stay = KEYS.filter((key) => branchOfCanary(CELLS, key) === branchOfCanary(more, key));
    const before = stay.map((key) => remote.git('rev-list', '--count', branchOfCanary(more, key)));
    world.restart(more);
    await world.passUntil(() =>
      Promise.resolve(
        KEYS.every(
          (key) =>
            world.branches().includes(branchOfCanary(more, key)) &&
            remote.files(branchOfCanary(more, key)).includes(`rollouts/${key}/record.yaml`),
        ) &&
          !world
            .branches()
            .some((branch) => remote.files(branch).some((path) => path.includes('/_moves/'))),
      ),
    );
    expect(stay.length).toBeLessThan(KEYS.length);
    expect(world.cluster.deleted).toEqual([]);
    expect(before.length).toBe(stay.length);
    await expectVerified(remote, world);
  }, 120_000);
});

it('a running Deployment on the shared branch comes to its new Canary on another without being gone', async () => {
  const remote = new Remote();
  const world = new FleetWorld(remote, CELLS);
  world.others.set('cart.yaml', deploymentText('shop/cart', 1));
  await world.pass();
  await world.settle();
  expect(remote.files('delivery/_shared')).toContain('workloads/shop/_other/deployment-cart.yaml');
  world.others.clear();
  world.release(['shop/cart'], 1);
  await world.passUntil(async () => {
    const record = (await world.records()).get('shop/cart');
    return record?.awaiting === 'revision' && record.phase === 'Initialized';
  });
  await world.settle();
  expect(world.cluster.deleted).toEqual([]);
  expect(remote.files('delivery/_shared')).toEqual([]);
  const branch = branchOfCanary(CELLS, 'shop/cart');
  expect(remote.files(branch)).toContain('workloads/shop/cart/deployment-cart.yaml');
  expect(remote.files(branch)).not.toContain('workloads/shop/_other/deployment-cart.yaml');
  await expectVerified(remote, world);
}, 120_000);

it('an agent that was last to apply an object deletes it with its file, unless it was told to keep it', async () => {
  const remote = new Remote();
  const text = (kept: string) =>
    `apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop${kept}}\n`;
  const path = 'traffic/shop/a/service-a.yaml';
  for (const [kept, deleted] of [
    ['', ['Service/shop/a']],
    [', annotations: {kustomize.toolkit.fluxcd.io/prune: disabled}', []],
  ] as const) {
    const cluster = new FluxModel(remote.clone());
    for (const branch of ['old', 'new']) remote.commit(branch, { [path]: text(kept) });
    await cluster.reconcile('new', 'traffic');
    await cluster.reconcile('old', 'traffic');
    remote.commit('old', { [path]: undefined });
    await cluster.reconcile('old', 'traffic');
    expect(cluster.deleted).toEqual(deleted);
  }
}, 60_000);

describe('the verification of a move', () => {
  it('finds what was changed on the way', async () => {
    const { remote, world } = await aFleetOnOneBranch();
    world.restart(CELLS, [ONE]);
    await world.passUntil(() => Promise.resolve(hasMoved(remote, world)));
    const branch = branchOfCanary(CELLS, 'shop/cart');
    const [arrival = ''] = remote
      .git('log', '--format=%H', '--grep=arrive from', branch)
      .split('\n');
    const message = remote.git('log', '-1', '--format=%B', arrival);
    const path = 'traffic/shop/cart/service-cart.yaml';
    const text = remote.git('show', `${arrival}:${path}`).replaceAll('9080', '9999');
    const mark = remote.git('show', `${arrival}:rollouts/_moves/shop/cart.yaml`);
    remote.commit(branch, { [path]: text, 'rollouts/_moves/shop/cart.yaml': mark }, message);
    await expect(verifyAll(remote, world)).resolves.toContain('is not what it was before it moved');
  }, 60_000);
});
