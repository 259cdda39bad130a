import { randomUUID } from 'node:crypto';
import type {
  CommitDraft,
  DeliveryCommit,
  DeliveryRepository,
  HistoryQuery,
  PublishOutcome,
  RefreshOutcome,
  TreeEntry,
} from '../../ports/delivery-repository.ts';
import type { BareClone, ModeEntry } from './bare-clone.ts';
import { type Identity, importStream } from './fast-import.ts';
import { HISTORY_FORMAT, parseHistory } from './history.ts';
import { requireBranchName, requireInnerPath } from './names.ts';
import { lastWords, pushReport } from './push-outcome.ts';

export interface DeliveryOptions {
  readonly clone: BareClone;
  readonly branch: string;
  /** Author and committer of every commit. */
  readonly identity: Identity;
}

/** The delivery branch in a blobless bare clone; commits are built without a work tree. */
export function createGitDeliveryRepository(options: DeliveryOptions): DeliveryRepository {
  return new GitDeliveryRepository(options);
}

class GitDeliveryRepository implements DeliveryRepository {
  readonly #clone: BareClone;
  readonly #branch: string;
  readonly #identity: Identity;
  #folders = new Map<string, ReadonlyMap<string, readonly ModeEntry[]>>();
  #containments = new Map<string, Promise<'contained' | 'behind'>>();
  #publishing: Promise<unknown> = Promise.resolve();

  constructor({ clone, branch, identity }: DeliveryOptions) {
    this.#clone = clone;
    this.#branch = requireBranchName(branch);
    this.#identity = identity;
  }

  async refresh(): Promise<RefreshOutcome> {
    const fetched = await this.#clone.fetch([this.#branch]);
    if (fetched.kind === 'unreachable') return fetched;
    return { kind: 'fresh', tip: await this.#clone.tip(this.#branch) };
  }

  async list(commit: string, folder: string): Promise<readonly TreeEntry[]> {
    const parts = requireInnerPath(folder).split('/');
    if (parts.length < FOLDER_DEPTH) {
      const entries = await this.#clone.tree(commit);
      return entries.filter(({ path }) => path.startsWith(`${folder}/`));
    }
    const byFolder = await this.#byFolder(commit);
    const entries = byFolder.get(parts.slice(0, FOLDER_DEPTH).join('/')) ?? [];
    return entries.filter(({ path }) => path.startsWith(`${folder}/`));
  }

  read(blobs: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return this.#clone.read(blobs);
  }

  containment(commit: string, revision: string, folder: string): Promise<'contained' | 'behind'> {
    const key = `${commit} ${revision}`;
    const relation = this.#containments.get(key) ?? this.#isReachable(commit, revision);
    if (this.#containments.size > RELATIONS_KEPT) this.#containments.clear();
    this.#containments.set(key, relation);
    return relation.then(async (reachable) => {
      if (reachable === 'behind' || commit === revision) return reachable;
      const [ours, theirs] = [await this.list(commit, folder), await this.list(revision, folder)];
      return sameEntries(ours, theirs) ? 'contained' : 'behind';
    });
  }

  publish(drafts: readonly CommitDraft[], onto: string | undefined): Promise<PublishOutcome> {
    const outcome = this.#publishing.then(() => this.#publish(drafts, onto));
    this.#publishing = outcome.catch(() => {});
    return outcome;
  }

  async history(query: HistoryQuery): Promise<readonly DeliveryCommit[]> {
    const from = query.from ?? `refs/heads/${this.#branch}`;
    const limit = query.limit === undefined ? [] : [`--max-count=${query.limit}`];
    const since =
      query.sinceMs === undefined ? [] : [`--since=@${Math.ceil(query.sinceMs / 1_000)}`];
    const paths = (query.paths ?? []).map(requireInnerPath);
    const args = [
      'log',
      '-z',
      HISTORY_FORMAT,
      ...limit,
      ...since,
      '--end-of-options',
      from,
      '--',
      ...paths,
    ];
    try {
      return parseHistory(await this.#clone.git.run(args));
    } catch (error) {
      if (/unknown revision|bad revision|bad object|ambiguous argument/.test(String(error)))
        return [];
      throw error;
    }
  }

  async #publish(
    drafts: readonly CommitDraft[],
    onto: string | undefined,
  ): Promise<PublishOutcome> {
    for (const { changes } of drafts) for (const { path } of changes) requireInnerPath(path);
    const ref = `refs/serin/outgoing/${randomUUID()}`;
    const stream = importStream(drafts, await this.#treeOf(onto), ref, this.#identity);
    if (stream.marks.every((mark) => mark === undefined)) return { kind: 'unchanged' };
    try {
      const written = await this.#import(stream.text);
      const commits = stream.marks.map((mark) =>
        mark === undefined ? (onto ?? '') : (written.get(mark) ?? ''),
      );
      const tip = commits.at(-1) ?? '';
      for (const [id, text] of stream.blobs) this.#clone.remember(id, text);
      const outcome = await this.#push(tip, commits);
      if (outcome.kind === 'pushed') await this.#moveLocal(tip);
      return outcome;
    } finally {
      await this.#clone.git.run(['update-ref', '-d', ref]);
    }
  }

  async #treeOf(
    commit: string | undefined,
  ): Promise<{ readonly commit: string; readonly tree: ReadonlyMap<string, string> } | undefined> {
    if (commit === undefined) return undefined;
    const entries = await this.#clone.tree(commit);
    return { commit, tree: new Map(entries.map(({ path, blob }) => [path, blob])) };
  }

  /** Commits by their marks. They hang on a ref that is gone again before anybody else looks. */
  async #import(stream: string): Promise<ReadonlyMap<number, string>> {
    const args = ['fast-import', '--quiet', '--done'];
    const { code, stdout, stderr } = await this.#clone.git.pipe(args, stream);
    if (code !== 0) throw new Error(`git fast-import failed: ${lastWords(stderr)}`);
    const ids = stdout.toString('utf8').trim().split('\n');
    return new Map(ids.map((id, index) => [index + 1, id]));
  }

  /** A fast-forward push compares and swaps on the server; it is never forced. */
  async #push(tip: string, commits: readonly string[]): Promise<PublishOutcome> {
    const target = `${tip}:refs/heads/${this.#branch}`;
    const args = ['push', '--porcelain', '--no-verify', '--', this.#clone.url, target];
    const { code, stdout, stderr, timedOut } = await this.#clone.git.pipe(args, '');
    const report = pushReport({ code, stdout: stdout.toString('utf8'), stderr, timedOut });
    switch (report.kind) {
      case 'pushed':
        return { kind: 'pushed', commits };
      case 'ambiguous':
        return this.#ask(tip, commits, { kind: 'unreachable', why: report.why });
      case 'stale':
        return this.#ask(tip, commits, report);
      case 'rejected':
      case 'unreachable':
        return report;
    }
  }

  /**
   * Only the remote knows whether it took the commits: the connection may have broken after it did,
   * and then even a refusal may be the answer to a repetition that the transport made by itself.
   */
  async #ask(
    tip: string,
    commits: readonly string[],
    otherwise: Extract<PublishOutcome, { kind: 'stale' | 'unreachable' }>,
  ): Promise<PublishOutcome> {
    const fetched = await this.#clone.fetch([this.#branch]);
    if (fetched.kind === 'unreachable') {
      return { kind: 'unknown', why: `${otherwise.why}; ${fetched.why}` };
    }
    const remoteTip = await this.#clone.tip(this.#branch);
    const arrived = remoteTip !== undefined && (await this.#clone.isAncestor(tip, remoteTip));
    return arrived ? { kind: 'pushed', commits } : otherwise;
  }

  async #moveLocal(tip: string): Promise<void> {
    await this.#clone.git.run(['update-ref', `refs/heads/${this.#branch}`, tip]);
  }

  async #isReachable(commit: string, revision: string): Promise<'contained' | 'behind'> {
    if (!/^[0-9a-f]{40,64}$/.test(revision)) return 'behind';
    if (commit === revision) return 'contained';
    return (await this.#clone.isAncestor(revision, commit)) ? 'contained' : 'behind';
  }

  /** Entries of a commit by `tree/namespace/canary`: each canary asks for its own few. */
  async #byFolder(commit: string): Promise<ReadonlyMap<string, readonly ModeEntry[]>> {
    const known = this.#folders.get(commit);
    if (known !== undefined) return known;
    const entries = await this.#clone.tree(commit);
    const byFolder = Map.groupBy(entries, ({ path }) => path.split('/', FOLDER_DEPTH).join('/'));
    if (this.#folders.size >= COMMITS_KEPT) this.#folders.clear();
    this.#folders.set(commit, byFolder);
    return byFolder;
  }
}

const FOLDER_DEPTH = 3;
const COMMITS_KEPT = 6;
const RELATIONS_KEPT = 100;

function sameEntries(ours: readonly TreeEntry[], theirs: readonly TreeEntry[]): boolean {
  return (
    ours.length === theirs.length &&
    ours.every(({ path, blob }, index) => {
      const other = theirs[index];
      return other !== undefined && other.path === path && other.blob === blob;
    })
  );
}
