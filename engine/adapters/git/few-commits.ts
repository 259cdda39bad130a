import type { BareClone, MovedBranch } from './bare-clone.ts';
import { commitObject, objectId } from './commit-object.ts';
import type { BranchPlan, CommitStore } from './commit-writer.ts';
import type { Signatories } from './fast-import.ts';
import type { NewObject } from './loose-objects.ts';
import type { SigningKey } from './signing/open-signer.ts';
import type { TreeEditor } from './tree-editor.ts';

/**
 * Writes commits without a Git process. They hang on no ref: what is swept out of a clone is an hour old,
 * and a push is not; the push itself moves the branch.
 */
export class FewCommits implements CommitStore {
  readonly #clone: BareClone;
  readonly #signatories: Signatories;
  readonly #signing: SigningKey | undefined;

  constructor(clone: BareClone, signatories: Signatories, signing: SigningKey | undefined) {
    this.#clone = clone;
    this.#signatories = signatories;
    this.#signing = signing;
  }

  async write(
    branches: readonly BranchPlan[],
    use: (ids: readonly (readonly string[])[]) => Promise<readonly MovedBranch[]>,
  ): Promise<void> {
    const { objects } = this.#clone;
    const editor = objects.treeEditor();
    const commits: (readonly NewObject[])[] = [];
    for (const branch of branches) commits.push(await this.#commitsOf(branch, editor));
    const blobs = branches.flatMap(({ plan }) =>
      [...plan.blobs].map(([id, content]): NewObject => ({ id, type: 'blob', content })),
    );
    await objects.store([...blobs, ...commits.flat()], editor.made);
    this.#clone.moved(await use(commits.map((own) => own.map(({ id }) => id))));
  }

  async #commitsOf({ plan, onto }: BranchPlan, editor: TreeEditor): Promise<readonly NewObject[]> {
    const signer = await this.#signing?.open();
    const commits: NewObject[] = [];
    let tree = onto === undefined ? undefined : await this.#clone.objects.root(onto);
    for (const { draft, changes } of plan.commits) {
      tree = await editor.edit(tree, changes);
      const { message, atMs } = draft;
      const parent = commits.at(-1)?.id ?? onto;
      const fields = { ...this.#signatories, tree, parent, atMs, message };
      const signature = await signer?.sign(commitObject(fields), atMs);
      const content = commitObject(fields, signature);
      commits.push({ id: objectId('commit', content), type: 'commit', content });
    }
    return commits;
  }
}
