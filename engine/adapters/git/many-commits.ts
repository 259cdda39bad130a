import { randomUUID } from 'node:crypto';
import type { MovedBranch } from './bare-clone.ts';
import { commitChain } from './commit-chain.ts';
import { packOfCommits } from './commit-object.ts';
import type { PlannedCommit } from './commit-plan.ts';
import type { BranchPlan, CommitStore, CommitStoreOptions } from './commit-writer.ts';
import { importStream, type ImportedCommit, parseImported } from './fast-import.ts';
import { outgoingRef } from './maintenance.ts';
import { lastWords } from './push-outcome.ts';

interface Written extends BranchPlan {
  readonly ids: readonly string[];
  /** The root of the last commit's files. */
  readonly tree: string | undefined;
}

/**
 * Writes commits with `git fast-import`: by as few processes for many branches as for one. They hang on
 * refs that are gone again afterwards.
 */
export class ManyCommits implements CommitStore {
  readonly #with: CommitStoreOptions;

  constructor(options: CommitStoreOptions) {
    this.#with = options;
  }

  async write(
    branches: readonly BranchPlan[],
    use: (ids: readonly (readonly string[])[]) => Promise<readonly MovedBranch[]>,
  ): Promise<void> {
    const parts = branches.map((branch) => ({ ...branch, ref: outgoingRef(randomUUID()) }));
    const refs = parts.flatMap(({ plan, ref }) => (plan.commits.length > 0 ? [ref] : []));
    for (const ref of refs) this.#with.clone.maintenance.began(ref);
    let moved: readonly MovedBranch[] = [];
    try {
      const imported = [...(await this.#import(importStream(parts, this.#with)))];
      const written: Written[] = [];
      for (const part of parts) {
        const { plan, onto, ref } = part;
        const own = imported.splice(0, plan.commits.length);
        if (own.length < plan.commits.length) throw new Error('git fast-import lost a commit');
        const ids = await this.#signed(plan.commits, own, onto, ref);
        written.push({ ...part, ids, tree: own.at(-1)?.tree });
      }
      const used = use(written.map(({ ids }) => ids));
      [moved] = await Promise.all([used, this.#foresee(written)]);
    } finally {
      this.#with.clone.moved(moved);
      // Nobody waits for it: what is left of an engine that is killed meanwhile is swept up.
      void this.#with.clone.release(refs);
    }
  }

  /**
   * What the next look would read of the clone is made here instead, while the push is under way. It is
   * remembered where Git came to the same files.
   */
  async #foresee(written: readonly Written[]): Promise<void> {
    const { objects } = this.#with.clone;
    for (const { plan, onto, ids, tree } of written) {
      const tip = ids.at(-1);
      if (tip === undefined) continue;
      try {
        const editor = objects.treeEditor();
        const root = onto === undefined ? undefined : await objects.root(onto);
        const made = await editor.edit(
          root,
          plan.commits.flatMap(({ changes }) => changes),
        );
        if (made === tree) objects.rememberFiles(tip, made, editor.made);
      } catch {
        // It is read after all, and whoever reads it says what is wrong.
      }
    }
  }

  async #import(text: string): Promise<readonly ImportedCommit[]> {
    return parseImported(await this.#must(['fast-import', '--quiet', '--done'], text));
  }

  /**
   * `git fast-import` cannot sign, so its commits are written again with a signature, and stored all at
   * once.
   */
  async #signed(
    planned: readonly PlannedCommit[],
    imported: readonly ImportedCommit[],
    onto: string | undefined,
    ref: string,
  ): Promise<readonly string[]> {
    if (this.#with.signing === undefined || imported.length === 0)
      return imported.map(({ commit }) => commit);
    const treeOf = (_: PlannedCommit, index: number) => imported[index]?.tree ?? '';
    const commits = await commitChain({ ...this.#with, planned, onto, treeOf });
    const ids = commits.map(({ id }) => id);
    await this.#store(commits.map(({ content }) => Buffer.from(content)));
    await this.#must(['update-ref', ref, ids.at(-1) ?? ''], '');
    return ids;
  }

  /** Few become loose objects, as with `git fast-import`; many stay a pack. */
  async #store(commits: readonly Buffer[]): Promise<void> {
    const isFew = commits.length < UNPACK_LIMIT;
    const args = isFew ? ['unpack-objects', '-q'] : ['index-pack', '--stdin'];
    await this.#must(args, packOfCommits(commits));
  }

  async #must(args: readonly string[], input: string | Uint8Array): Promise<string> {
    const { code, stdout, stderr } = await this.#with.clone.git.pipe(args, input);
    if (code === null) throw new Error(`git ${args[0]} was killed`);
    if (code !== 0) throw new Error(`git ${args[0]} failed: ${lastWords(stderr)}`);
    return stdout.toString('utf8');
  }
}

const UNPACK_LIMIT = 100;
