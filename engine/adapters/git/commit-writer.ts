import type { CommitDraft } from '../../ports/delivery-repository.ts';
import type { BareClone, MovedBranch } from './bare-clone.ts';
import { type CommitPlan, type PlannedCommit, planCommits } from './commit-plan.ts';
import type { Signatories } from './fast-import.ts';
import { FewCommits } from './few-commits.ts';
import { ManyCommits } from './many-commits.ts';
import { assertOwnedPaths } from './owned-paths.ts';
import type { SigningKey } from './signing/open-signer.ts';
import { FILE_MODE } from './tree-store.ts';

export interface WrittenCommits {
  /** In the order of the drafts; one that changes nothing has the id of the commit before it. */
  readonly commits: readonly string[];
  readonly tip: string;
}

/** What one branch is to get, on top of a commit. */
export interface BranchDrafts {
  readonly drafts: readonly CommitDraft[];
  readonly onto: string | undefined;
}

/** What one branch is to get, commit by commit. */
export interface BranchPlan {
  readonly plan: CommitPlan;
  readonly onto: string | undefined;
}

export interface CommitStoreOptions extends Signatories {
  readonly clone: BareClone;
  /** Absent: commits are not signed. */
  readonly signing?: SigningKey | undefined;
}

/** Puts planned commits into the clone. */
export interface CommitStore {
  /**
   * Hands on the ids of the commits, branch by branch. They stay in the clone for as long as they are
   * used, and the branches that have taken them move here as well.
   */
  write(
    branches: readonly BranchPlan[],
    use: (ids: readonly (readonly string[])[]) => Promise<readonly MovedBranch[]>,
  ): Promise<void>;
}

/** Up to here a process to write them costs more than writing them, each file for itself. */
const FEW = { commits: 8, changes: 64 } as const;

/** Builds the commits of drafts in a bare clone, without a work tree. */
export class CommitWriter {
  readonly #clone: BareClone;
  readonly #few: CommitStore;
  readonly #many: CommitStore;

  constructor(options: CommitStoreOptions) {
    this.#clone = options.clone;
    this.#few = new FewCommits(options);
    this.#many = new ManyCommits(options);
  }

  /**
   * Writes the drafts of each branch, each on top of the one before, and hands them on in the order
   * of the batches. A branch whose drafts would change nothing has nothing written.
   */
  async write(
    batches: readonly BranchDrafts[],
    use: (written: readonly (WrittenCommits | undefined)[]) => Promise<readonly MovedBranch[]>,
  ): Promise<void> {
    const branches = await Promise.all(
      batches.map(async ({ drafts, onto }) => {
        return { plan: planCommits(drafts, await this.#standing(drafts, onto)), onto };
      }),
    );
    const planned = branches.flatMap(({ plan }) => plan.commits);
    if (planned.length === 0) return void (await use(batches.map(() => undefined)));
    const store = areFew(planned) ? this.#few : this.#many;
    await store.write(branches, async (ids) => {
      await assertOwnedPaths(this.#clone, ids.flat(), planned);
      for (const [index, { plan, onto }] of branches.entries()) {
        const tip = ids[index]?.at(-1);
        if (onto !== undefined && tip !== undefined) this.#clone.ancestry.grew(onto, tip);
        for (const [id, text] of plan.blobs) this.#clone.objects.remember(id, text);
      }
      return use(branches.map((branch, at) => written(branch, ids[at] ?? [])));
    });
  }

  /** Blob ids by path, where the drafts write; nothing else of the tree matters, however large it is. */
  async #standing(
    drafts: readonly CommitDraft[],
    commit: string | undefined,
  ): Promise<ReadonlyMap<string, string>> {
    const tree = new Map<string, string>();
    if (commit === undefined) return tree;
    const paths = new Set(drafts.flatMap(({ changes }) => changes.map(({ path }) => path)));
    const { objects } = this.#clone;
    await Promise.all(
      [...paths].map(async (path) => {
        const item = await objects.find(commit, path);
        if (item !== undefined) tree.set(path, item.mode === FILE_MODE ? item.id : '');
      }),
    );
    return tree;
  }
}

function areFew(planned: readonly PlannedCommit[]): boolean {
  const changes = planned.reduce((sum, commit) => sum + commit.changes.length, 0);
  return planned.length <= FEW.commits && changes <= FEW.changes;
}

function written({ plan, onto }: BranchPlan, ids: readonly string[]): WrittenCommits | undefined {
  const tip = ids.at(-1);
  if (tip === undefined) return undefined;
  return { commits: plan.marks.map((mark) => ids[(mark ?? 0) - 1] ?? onto ?? ''), tip };
}
