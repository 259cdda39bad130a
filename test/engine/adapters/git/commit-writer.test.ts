import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BareClone } from '../../../../engine/adapters/git/bare-clone.ts';
import { planCommits } from '../../../../engine/adapters/git/commit-plan.ts';
import type { CommitStore } from '../../../../engine/adapters/git/commit-writer.ts';
import { FewCommits } from '../../../../engine/adapters/git/few-commits.ts';
import { ManyCommits } from '../../../../engine/adapters/git/many-commits.ts';
import type { CommitDraft, FileChange } from '../../../../engine/ports/delivery-repository.ts';
import { T0_MS } from '../../../support/builders.ts';
import { Remote, temporaryFolder, write } from '../../../support/git-sandbox.ts';

const SIGNATORIES = {
  author: { name: 'Ann', email: 'ann@localhost' },
  committer: { name: 'Serin', email: 'serin@localhost' },
};

/** Names that Git sorts in another way than people do: a folder `a` stands behind `a-b` and `a.c`. */
const FILES = {
  'a/x': '1\n',
  'a/b/x': '1\n',
  'a/b/y': '2\n',
  'a-b/x': '1\n',
  'a.c': '1\n',
  é: '1\n',
};
const PATHS = [...Object.keys(FILES), 'a/b', 'a/b/c/d', 'b', 'B', '😀', 'z/only'];

const change: fc.Arbitrary<FileChange> = fc.oneof(
  fc.record({
    kind: fc.constant('write' as const),
    path: fc.constantFrom(...PATHS),
    text: fc.constantFrom('1\n', '2\n', '', 'ünïcode\n'),
  }),
  fc.record({ kind: fc.constant('delete' as const), path: fc.constantFrom(...PATHS) }),
);

const isBelow = (one: FileChange, other: FileChange) => one.path.startsWith(`${other.path}/`);

const draft: fc.Arbitrary<CommitDraft> = fc.record({
  message: fc.constantFrom('one\n', 'two\n\nwith a body\n'),
  changes: fc
    .uniqueArray(change, { selector: ({ path }) => path, maxLength: 5 })
    .filter((changes) => !changes.some((one) => changes.some((other) => isBelow(one, other)))),
  atMs: fc.integer({ min: T0_MS, max: T0_MS + 10_000 }),
});

/** Ids of the commits that drafts become on a commit. */
async function idsBy(
  store: CommitStore,
  { objects }: BareClone,
  drafts: readonly CommitDraft[],
  onto: string | undefined,
): Promise<readonly string[]> {
  const standing = onto === undefined ? [] : await objects.tree(onto);
  const plan = planCommits(drafts, new Map(standing.map(({ path, blob }) => [path, blob])));
  if (plan.commits.length === 0) return [];
  let ids: readonly string[] = [];
  await store.write([{ plan, onto }], ([own = []]) => {
    ids = own;
    return Promise.resolve([]);
  });
  return ids;
}

/** What was written is remembered, and not read. */
async function expectFilesAsGitSeesThem(clone: BareClone, commit: string | undefined) {
  if (commit === undefined) return;
  const listed = await clone.git.run(['ls-tree', '-r', '-z', commit]);
  const files = await clone.objects.tree(commit);
  const lines = files.map(({ mode, blob, path }) => `${mode} blob ${blob}\t${path}`);
  expect(lines).toEqual(listed.split('\0').slice(0, -1));
}

describe('a commit of many files', () => {
  it('is written by Git as one pack, and not as many files', async () => {
    const remote = new Remote();
    const clone = remote.clone();
    const delivery = remote.delivery('main', clone);
    await delivery.refresh();
    const packs = () => readdirSync(join(clone.folder, 'objects', 'pack'));
    const publish = async (files: number) => {
      const changes = Array.from({ length: files }, (_, index) =>
        write(`files/${index}`, `${files} ${index}`),
      );
      const onto = await clone.tip('main');
      return delivery.publish([{ message: 'many\n', changes, atMs: T0_MS }], onto);
    };
    expect(await publish(20)).toMatchObject({ kind: 'pushed' });
    expect(packs()).toEqual([]);
    expect(await publish(2_000)).toMatchObject({ kind: 'pushed' });
    expect(packs().filter((name) => name.endsWith('.pack'))).toHaveLength(1);
  });
});

describe('a few commits that are written without Git', () => {
  it('are those that git fast-import would have made, to the byte', async () => {
    const remote = new Remote(temporaryFolder());
    const base = remote.commit('main', FILES);
    const [one, other] = [remote.clone(), remote.clone()];
    for (const clone of [one, other]) await clone.fetch(['main']);
    const few = new FewCommits({ clone: one, ...SIGNATORIES });
    const many = new ManyCommits({ clone: other, ...SIGNATORIES });
    await fc.assert(
      fc.asyncProperty(
        fc.array(draft, { maxLength: 4 }),
        fc.constantFrom(base, undefined),
        async (drafts, onto) => {
          const ours = await idsBy(few, one, drafts, onto);
          expect(ours).toEqual(await idsBy(many, other, drafts, onto));
          for (const clone of [one, other]) await expectFilesAsGitSeesThem(clone, ours.at(-1));
        },
      ),
      { numRuns: 100 },
    );
    expect((await one.git.pipe(['fsck', '--strict', '--no-dangling'], '')).code).toBe(0);
  });
});
