import { randomUUID } from 'node:crypto';
import type { CommitDraft } from '../../ports/delivery-repository.ts';
import type { BareClone, MovedBranch } from './bare-clone.ts';
import { commitObject, objectId, packOfCommits } from './commit-object.ts';
import {
  type Base,
  importStream,
  type ImportedCommit,
  parseImported,
  type PlannedCommit,
  type Signatories,
} from './fast-import.ts';
import { outgoingRef } from './maintenance.ts';
import { assertOwnedPaths } from './owned-paths.ts';
import { lastWords } from './push-outcome.ts';
import type { SigningKey } from './signing/open-signer.ts';

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

/** Builds the commits of drafts in a bare clone, without a work tree. */
export class CommitWriter {
  readonly #clone: BareClone;
  readonly #signatories: Signatories;
  readonly #signing: SigningKey | undefined;

  constructor(clone: BareClone, signatories: Signatories, signing: SigningKey | undefined) {
    this.#clone = clone;
    this.#signatories = signatories;
    this.#signing = signing;
  }

  /**
   * Writes the drafts of each branch, each on top of the one before, and hands them on in the order
   * of the batches; by as few processes for many branches as for one. They hang on refs that are gone
   * again afterwards, when the branches that have taken them move here as well. A branch whose drafts
   * would change nothing has nothing written.
   */
  async write(
    batches: readonly BranchDrafts[],
    use: (written: readonly (WrittenCommits | undefined)[]) => Promise<readonly MovedBranch[]>,
  ): Promise<void> {
    const parts = await Promise.all(
      batches.map(async ({ drafts, onto }) => {
        const ref = outgoingRef(randomUUID());
        return { drafts, onto: await this.#base(drafts, onto), ref };
      }),
    );
    const streams = importStream(parts, this.#signatories);
    const planned = streams.parts.flatMap(({ commits }) => commits);
    const refs = parts.flatMap(({ ref }, at) => (streams.parts[at]?.commits.length ? [ref] : []));
    for (const ref of refs) this.#clone.maintenance.began(ref);
    let moved: readonly MovedBranch[] = [];
    try {
      const imported = planned.length === 0 ? [] : await this.#import(streams.text, planned.length);
      const written: (WrittenCommits | undefined)[] = [];
      const ids: string[] = [];
      for (const [at, stream] of streams.parts.entries()) {
        const { commits: own, marks } = stream;
        const onto = batches[at]?.onto;
        const from = imported.slice(ids.length, ids.length + own.length);
        const signed = await this.#signed(own, from, onto, parts[at]?.ref ?? '');
        ids.push(...signed);
        const commits = marks.map((mark) => signed[(mark ?? 0) - 1] ?? onto ?? '');
        const tip = signed.at(-1);
        written.push(tip === undefined ? undefined : { commits, tip });
      }
      if (ids.length > 0) await assertOwnedPaths(this.#clone.git, ids, planned);
      for (const { blobs } of streams.parts) {
        for (const [id, text] of blobs) this.#clone.remember(id, text);
      }
      moved = await use(written);
    } finally {
      if (refs.length > 0) await this.#clone.release(refs, moved);
      for (const ref of refs) this.#clone.maintenance.ended(ref);
    }
  }

  /** What stands where the drafts write; nothing else of the tree matters, however large it is. */
  async #base(
    drafts: readonly CommitDraft[],
    commit: string | undefined,
  ): Promise<Base | undefined> {
    if (commit === undefined) return undefined;
    const paths = new Set(drafts.flatMap(({ changes }) => changes.map(({ path }) => path)));
    const tree = new Map<string, string>();
    for (const path of paths) {
      const item = await this.#clone.find(commit, path);
      if (item !== undefined) tree.set(path, item.mode === FILE ? item.id : '');
    }
    return { commit, tree };
  }

  async #import(text: string, count: number): Promise<readonly ImportedCommit[]> {
    const imported = parseImported(await this.#must(['fast-import', '--quiet', '--done'], text));
    if (imported.length !== count) throw new Error('git fast-import lost a commit');
    return imported;
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

const FILE = '100644';
const UNPACK_LIMIT = 100;
