import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBranchHistory } from '../../engine/adapters/git/branch-history.ts';
import { planPass } from '../../engine/controller/pass.ts';
import type { ReconcileResult } from '../../engine/controller/result.ts';
import { type Verified, verifyBranch } from '../../engine/controller/verify/verify-branch.ts';
import type { WorkloadReader } from '../../engine/ports/cluster.ts';
import { aStatus } from '../support/builders.ts';
import { Remote } from '../support/git-sandbox.ts';
import { Drill } from './drill.ts';
import { BRANCH } from './instant-world.ts';

/**
 * Goal: a file of the engine that a person edits on the delivery branch holds its canary, or is put
 * back, and no edit is ever undone without a word. Method: the seed's canary with real Git, edited in
 * the middle of its first rollout; whatever was edited, the story ends as if nobody had.
 */
const ROUTE = 'traffic/default/reviews/virtualservice-reviews.yaml';
const TARGET = 'workloads/default/reviews/deployment-reviews.yaml';
const RECORD = 'rollouts/default/reviews/record.yaml';
const CONTROL = 'rollouts/default/reviews/control.yaml';

const folder = mkdtempSync(join(tmpdir(), 'serin-edits-'));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

/** A branch in mid-rollout, which every test gets a copy of, and what it leads to. */
const template = new Remote(folder);
let manifests: string;
beforeAll(async () => {
  const drill = new Drill({}, template);
  await drill.until(/canary weight 20/);
  template.git('update-ref', 'refs/heads/mid', BRANCH);
  await drill.toTheEnd();
  ({ manifests } = drill);
}, 120_000);

async function inMidRollout(differing: ConstructorParameters<typeof Drill>[0] = {}) {
  const drill = new Drill(differing);
  drill.remote.git('fetch', '--quiet', template.url, `+refs/heads/mid:refs/heads/${BRANCH}`);
  // The engine knows the branch before anybody edits it.
  await planPass(await drill.ports(), drill.memory);
  return drill;
}

/** A person rewrites a file; says in which commit, and what stood there. */
function edit(drill: Drill, path: string, change: (text: string) => string) {
  const before = drill.remote.file(BRANCH, path);
  const text = change(before);
  expect(text).not.toBe(before);
  const commit = drill.remote.commit(BRANCH, { [path]: text }, 'by hand');
  return { commit, before, text };
}

const takingMore = (text: string) =>
  text.replace('weight: 80', 'weight: 50').replace('weight: 20', 'weight: 50');
const scalingUp = (text: string) => text.replace(/replicas: \d+/, 'replicas: 5');

async function resultOf(drill: Drill): Promise<ReconcileResult | undefined> {
  const { canaries } = await drill.pass();
  return canaries[0]?.result;
}

async function verified(drill: Drill): Promise<Verified> {
  const { clone } = drill;
  const history = createBranchHistory({ clone, branch: BRANCH, signatures: false });
  return verifyBranch({ history, read: (blobs) => clone.objects.read(blobs) }, { signed: false });
}

async function expectGoesOn(drill: Drill): Promise<void> {
  await drill.pass();
  expect(drill.remote.subjects(BRANCH)[0]).toMatch(/canary weight 30/);
  expect((await verified(drill)).broken).toBeUndefined();
}

async function expectSameEnd(drill: Drill): Promise<void> {
  await drill.toTheEnd();
  expect(drill.manifests).toBe(manifests);
  expect((await verified(drill)).broken).toBeUndefined();
}

const deadCanary: WorkloadReader = {
  workload: (_, __, name) =>
    Promise.resolve({
      state: 'found',
      status: aStatus(name === 'reviews' ? { availableReplicas: 0 } : {}),
    }),
};

describe('an edited route, where edits hold', () => {
  it('holds its canary and says who edited what, also after a restart; put back, the rollout goes on', async () => {
    const drill = await inMidRollout();
    const { commit, before } = edit(drill, ROUTE, takingMore);
    for (const restarted of [false, false, true]) {
      if (restarted) drill.restart();
      const result = await resultOf(drill);
      const id = commit.slice(0, 12);
      expect(result).toEqual({
        kind: 'blocked',
        why: `edited-by-hand: ${ROUTE} in ${id} by Somebody`,
        remedy: `git revert ${id} on the delivery branch, or have it healed: delivery.edits: heal`,
        edited: true,
      });
      expect(drill.tip).toBe(commit);
    }
    expect((await verified(drill)).broken).toMatchObject({ commit, subject: 'by hand' });
    drill.remote.commit(BRANCH, { [ROUTE]: before }, 'put back');
    await expectSameEnd(drill);
  });

  it('is not undone by a rollback that is due: people are told that it is', async () => {
    const drill = await inMidRollout();
    const { commit, text } = edit(drill, ROUTE, takingMore);
    const { canaries } = await drill.pass({ workloads: deadCanary });
    expect(canaries[0]?.result).toMatchObject({
      kind: 'blocked',
      why: expect.stringContaining('it would undo that to rollback now: no ready pod'),
    });
    expect([drill.tip, drill.remote.file(BRANCH, ROUTE)]).toEqual([commit, text]);
  });

  it('holds its canary as well when the person had pulled before pushing', async () => {
    const drill = await inMidRollout();
    const [merge] = mergeByHand(drill, { [ROUTE]: takingMore(drill.remote.file(BRANCH, ROUTE)) });
    drill.restart();
    expect(await resultOf(drill)).toMatchObject({
      why: expect.stringContaining(`${ROUTE} in ${merge?.slice(0, 12)}`),
    });
  });
});

/** A merge whose first parent is the person's own line, which began at the first commit. */
function mergeByHand(
  { remote }: Drill,
  files: Readonly<Record<string, string>>,
): readonly [string, string] {
  const root = remote.git('rev-list', '--max-parents=0', BRANCH).trim();
  remote.git('branch', 'own', root);
  const own = remote.commit('own', { 'notes.md': 'a note\n' }, 'a note');
  const tip = remote.git('rev-parse', BRANCH).trim();
  const plain = remote
    .git('commit-tree', `${tip}^{tree}`, '-p', own, '-p', tip, '-m', 'merge')
    .trim();
  remote.git('branch', '-f', 'merged', plain);
  const merge = Object.keys(files).length === 0 ? plain : amended(remote, plain, files, [own, tip]);
  remote.git('update-ref', `refs/heads/${BRANCH}`, merge);
  return [merge, own];
}

function amended(
  remote: Drill['remote'],
  commit: string,
  files: Readonly<Record<string, string>>,
  parents: readonly string[],
): string {
  const edited = remote.commit('merged', files, 'edited');
  const args = parents.flatMap((parent) => ['-p', parent]);
  expect(edited).not.toBe(commit);
  return remote.git('commit-tree', `${edited}^{tree}`, ...args, '-m', 'merge').trim();
}

describe('what is no edit', () => {
  it('is what people write into the control file', async () => {
    const drill = await inMidRollout();
    drill.remote.commit(BRANCH, { [CONTROL]: 'version: 1\npause: true\n' }, 'pause');
    expect(await resultOf(drill)).toMatchObject({ kind: 'waiting', why: 'paused by control.yaml' });
    drill.remote.commit(BRANCH, { [CONTROL]: undefined }, 'resume');
    await expectGoesOn(drill);
  });

  it('is a merge of the branch into somebody’s own line', async () => {
    const drill = await inMidRollout();
    mergeByHand(drill, {});
    for (const restarted of [false, true]) {
      if (restarted) drill.restart();
      expect((await planPass(await drill.ports(), drill.memory)).drafts).toHaveLength(1);
    }
    await drill.pass();
    expect(drill.remote.subjects(BRANCH)[0]).toMatch(/canary weight 30/);
  });

  it('is a branch that was rewound, whatever stands beside the engine’s files then', async () => {
    const drill = await inMidRollout();
    drill.rewind(2);
    drill.remote.commit(BRANCH, { 'notes.md': 'rewound\n' }, 'a note');
    await expectSameEnd(drill);
  });
});

describe('an edited workload, where edits hold', () => {
  it('does not keep a dead canary in the traffic, and stays edited until it is put back', async () => {
    const drill = await inMidRollout();
    const base = drill.remote.git('log', '--format=%H', '--grep=start rollout 1', BRANCH).trim();
    const { text, before } = edit(drill, TARGET, scalingUp);
    const dead = { workloads: deadCanary };
    await drill.pass(dead);
    expect(drill.remote.subjects(BRANCH)[0]).toMatch(/rollback, canary weight 0 \(no ready pod/);
    const traffic = (commit: string) => drill.remote.git('rev-parse', `${commit}:traffic`);
    expect(traffic(BRANCH)).toBe(traffic(`${base}~`));
    expect(drill.remote.file(BRANCH, TARGET)).toBe(text);
    const { tip } = drill;
    for (const restarted of [false, true]) {
      if (restarted) drill.restart();
      const { canaries } = await drill.pass(dead);
      expect(canaries[0]?.result).toMatchObject({ kind: 'blocked', edited: true });
      expect(drill.tip).toBe(tip);
    }
    drill.remote.commit(BRANCH, { [TARGET]: before }, 'put back');
    await drill.pass(dead);
    expect(drill.remote.subjects(BRANCH)[0]).toMatch(/clean up/);
    expect((await verified(drill)).broken).toBeUndefined();
  });
});

describe('an edited record, where edits hold', () => {
  it.each([
    ['edited', (text: string) => text.replace('failedChecks: 0', 'failedChecks: 9')],
    ['removed', () => undefined],
  ])('that is %s decides nothing', async (_, change) => {
    const drill = await inMidRollout();
    const before = drill.remote.file(BRANCH, RECORD);
    const commit = drill.remote.commit(BRANCH, { [RECORD]: change(before) }, 'by hand');
    for (const restarted of [false, true]) {
      if (restarted) drill.restart();
      expect(await resultOf(drill)).toMatchObject({ kind: 'blocked', edited: true });
    }
    expect(drill.tip).toBe(commit);
    drill.remote.commit(BRANCH, { [RECORD]: before }, 'put back');
    await expectGoesOn(drill);
  });
});

describe('an edited file, where edits are healed', () => {
  it.each<[string, string, (text: string) => string | undefined]>([
    ['a route with other weights', ROUTE, takingMore],
    ['a route that is removed', ROUTE, () => undefined],
    ['a workload with more replicas', TARGET, scalingUp],
    [
      'a record with failed checks',
      RECORD,
      (text) => text.replace(/failedChecks: 0/, 'failedChecks: 9'),
    ],
    ['a record that nobody can read', RECORD, () => 'phase: ['],
    ['a record that is removed', RECORD, () => undefined],
  ])('%s is put back by the next commit, whoever makes it', async (_, path, change) => {
    const drill = await inMidRollout({ edits: 'heal' });
    const before = drill.remote.file(BRANCH, path);
    const commit = drill.remote.commit(BRANCH, { [path]: change(before) }, 'by hand');
    const plan = await planPass(await drill.ports(), drill.memory);
    const newcomer = await planPass(await drill.ports());
    expect(newcomer.drafts).toEqual(plan.drafts);
    await drill.pass();
    const [subject] = drill.remote.subjects(BRANCH);
    const id = commit.slice(0, 12);
    expect(subject).toMatch(new RegExp(`^reviews\\.default: heal ${path} \\(edited in ${id}`));
    expect(drill.remote.file(BRANCH, path)).toBe(before);
    await expectGoesOn(drill);
  });

  it('that was added is removed again', async () => {
    const drill = await inMidRollout({ edits: 'heal' });
    const path = 'traffic/default/reviews/service-more.yaml';
    drill.remote.commit(BRANCH, { [path]: 'kind: Service\n' }, 'by hand');
    await drill.pass();
    expect(drill.remote.files(BRANCH)).not.toContain(path);
    await expectSameEnd(drill);
  });

  it('does not hold up the rollback of a dead canary: both go out in one push', async () => {
    const drill = await inMidRollout({ edits: 'heal' });
    edit(drill, ROUTE, takingMore);
    await drill.pass({ workloads: deadCanary });
    const [second, first] = drill.remote.subjects(BRANCH);
    expect([first, second]).toEqual([
      expect.stringContaining('heal traffic/default/reviews'),
      expect.stringContaining('rollback, canary weight 0'),
    ]);
    expect((await verified(drill)).broken).toBeUndefined();
  });
});
