import { randomUUID } from 'node:crypto';
import type { BareClone, MovedBranch } from './bare-clone.ts';
import { commitObject, objectId, packOfCommits } from './commit-object.ts';
import type { PlannedCommit } from './commit-plan.ts';
import type { BranchPlan, CommitStore } from './commit-writer.ts';
import {
  importStream,
  type ImportedCommit,
  parseImported,
  type Signatories,
} from './fast-import.ts';
import { outgoingRef } from './maintenance.ts';
import { lastWords } from './push-outcome.ts';
import type { SigningKey } from './signing/open-signer.ts';

/**
 * Writes commits with `git fast-import`: by as few processes for many branches as for one. They hang on
 * refs that are gone again afterwards.
 */
export class ManyCommits implements CommitStore {
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
    const parts = branches.map((branch) => ({ ...branch, ref: outgoingRef(randomUUID()) }));
    const refs = parts.flatMap(({ plan, ref }) => (plan.commits.length > 0 ? [ref] : []));
    for (const ref of refs) this.#clone.maintenance.began(ref);
    let moved: readonly MovedBranch[] = [];
    try {
      const imported = [...(await this.#import(importStream(parts, this.#signatories)))];
      const ids: (readonly string[])[] = [];
      for (const { plan, onto, ref } of parts) {
        const own = imported.splice(0, plan.commits.length);
        if (own.length < plan.commits.length) throw new Error('git fast-import lost a commit');
        ids.push(await this.#signed(plan.commits, own, onto, ref));
      }
      moved = await use(ids);
    } finally {
      this.#clone.moved(moved);
      // Nobody waits for it: what is left of an engine that is killed meanwhile is swept up.
      void this.#clone.release(refs);
    }
  }

  async #import(text: string): Promise<readonly ImportedCommit[]> {
    return parseImported(await this.#must(['fast-import', '--quiet', '--done'], text));
  }

  /**
   * `git fast-import` cannot sign, so its commits are written again with a signature. Each holds the
   * id of the one before: they are signed one after the other, and stored all at once.
   */
  async #signed(
    planned: readonly PlannedCommit[],
    imported: readonly ImportedCommit[],
    onto: string | undefined,
    ref: string,
  ): Promise<readonly string[]> {
    if (this.#signing === undefined || imported.length === 0)
      return imported.map(({ commit }) => commit);
    const signer = await this.#signing.open();
    const objects: Buffer[] = [];
    const ids: string[] = [];
    for (const [index, { tree }] of imported.entries()) {
      const draft = planned[index]?.draft;
      if (draft === undefined) continue;
      const { message, atMs } = draft;
      const parent = ids.at(-1) ?? onto;
      const fields = { ...this.#signatories, tree, parent, atMs, message };
      const signature = await signer.sign(commitObject(fields), atMs);
      const object = commitObject(fields, signature);
      objects.push(object);
      ids.push(objectId('commit', object));
    }
    await this.#store(objects);
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
    const { code, stdout, stderr } = await this.#clone.git.pipe(args, input);
    if (code === null) throw new Error(`git ${args[0]} was killed`);
    if (code !== 0) throw new Error(`git ${args[0]} failed: ${lastWords(stderr)}`);
    return stdout.toString('utf8');
  }
}

const UNPACK_LIMIT = 100;
