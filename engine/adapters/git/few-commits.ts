import type { MovedBranch } from './bare-clone.ts';
import { commitChain } from './commit-chain.ts';
import type { PlannedCommit } from './commit-plan.ts';
import type { BranchPlan, CommitStore, CommitStoreOptions } from './commit-writer.ts';
import type { NewObject } from './loose-objects.ts';
import type { TreeEditor } from './tree-editor.ts';

interface Chain {
  readonly commits: readonly NewObject[];
  /** The root of the last one. */
  readonly tree: string | undefined;
}

/**
 * Writes commits without a Git process. They hang on no ref: what is swept out of a clone is an hour old,
 * and a push is not; the push itself moves the branch.
 */
export class FewCommits implements CommitStore {
  readonly #with: CommitStoreOptions;

  constructor(options: CommitStoreOptions) {
    this.#with = options;
  }

  async write(
    branches: readonly BranchPlan[],
    use: (ids: readonly (readonly string[])[]) => Promise<readonly MovedBranch[]>,
  ): Promise<void> {
    const { clone } = this.#with;
    const { objects } = clone;
    const editor = objects.treeEditor();
    const chains: Chain[] = [];
    for (const branch of branches) chains.push(await this.#chainOf(branch, editor));
    const commits = chains.map((chain) => chain.commits);
    const blobs = branches.flatMap(({ plan }) =>
      [...plan.blobs].map(([id, content]): NewObject => ({ id, type: 'blob', content })),
    );
    await objects.store([...blobs, ...commits.flat()], editor.made);
    for (const { commits: own, tree } of chains) {
      const tip = own.at(-1)?.id;
      if (tip !== undefined && tree !== undefined) objects.rememberFiles(tip, tree, editor.made);
    }
    clone.moved(await use(commits.map((own) => own.map(({ id }) => id))));
  }

  async #chainOf({ plan, onto }: BranchPlan, editor: TreeEditor): Promise<Chain> {
    let tree = onto === undefined ? undefined : await this.#with.clone.objects.root(onto);
    const planned = plan.commits;
    const treeOf = async ({ changes }: PlannedCommit) => (tree = await editor.edit(tree, changes));
    const commits = await commitChain({ ...this.#with, planned, onto, treeOf });
    return { commits, tree };
  }
}
