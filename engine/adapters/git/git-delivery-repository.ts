import { ProblemError } from '../../core/errors.ts';
import type {
  CommitDraft,
  DeliveryCommit,
  DeliveryRepository,
  FolderItem,
  HistoryQuery,
  PublishOutcome,
  RefreshOutcome,
  TreeEntry,
} from '../../ports/delivery-repository.ts';
import type { BareClone, MovedBranch } from './bare-clone.ts';
import { CommitWriter, type WrittenCommits } from './commit-writer.ts';
import type { Signatories } from './fast-import.ts';
import { HISTORY_FORMAT, parseHistory } from './history.ts';
import { localTrouble } from './local-trouble.ts';
import { requireBranchName, requireInnerPath } from './names.ts';
import { occupied } from './owned-paths.ts';
import { lastWords, pushReport } from './push-outcome.ts';
import type { SigningKey } from './signing/open-signer.ts';
import { FOLDER_MODE } from './tree-store.ts';

export interface DeliveryOptions extends Signatories {
  readonly clone: BareClone;
  readonly branch: string;
  /** Absent: commits are not signed. */
  readonly signing?: SigningKey | undefined;
}

/** The delivery branch in a blobless bare clone; commits are built without a work tree. */
export function createGitDeliveryRepository(options: DeliveryOptions): DeliveryRepository {
  return new GitDeliveryRepository(options);
}

class GitDeliveryRepository implements DeliveryRepository {
  readonly #clone: BareClone;
  readonly #branch: string;
  readonly #writer: CommitWriter;
  #containments = new Map<string, Promise<'contained' | 'behind'>>();
  #publishing: Promise<unknown> = Promise.resolve();

  constructor({ clone, branch, author, committer, signing }: DeliveryOptions) {
    this.#clone = clone;
    this.#branch = requireBranchName(branch);
    this.#writer = new CommitWriter(clone, { author, committer }, signing);
  }

  async refresh(): Promise<RefreshOutcome> {
    const fetched = await this.#clone.fetch([this.#branch]);
    if (fetched.kind !== 'fetched') return fetched;
    return { kind: 'fresh', tip: await this.#clone.tip(this.#branch) };
  }

  async list(commit: string, folder: string): Promise<readonly TreeEntry[]> {
    await this.#requireFolder(commit, folder);
    return this.#clone.tree(commit, folder);
  }

  async items(commit: string, folder: string): Promise<readonly FolderItem[]> {
    await this.#requireFolder(commit, folder);
    const items = await this.#clone.items(commit, folder);
    return items.map(({ name, mode, id }) => ({ name, id, isFolder: mode === FOLDER_MODE }));
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
      const [ours, theirs] = await Promise.all([
        this.#clone.find(commit, folder),
        this.#clone.find(revision, folder),
      ]);
      return ours?.id === theirs?.id ? 'contained' : 'behind';
    });
  }

  publish(drafts: readonly CommitDraft[], onto: string | undefined): Promise<PublishOutcome> {
    const outcome = this.#publishing.then(() => this.#publish(drafts, onto));
    this.#publishing = outcome.catch(() => {});
    return outcome;
  }

  async history(query: HistoryQuery): Promise<readonly DeliveryCommit[]> {
    try {
      return parseHistory(await this.#log(query, 'since-as-filter'));
    } catch (error) {
      const words = String(error);
      if (/unknown revision|bad revision|bad object|ambiguous argument/.test(words)) return [];
      if (!/unrecognized argument/.test(words)) throw error;
      return parseHistory(await this.#log(query, 'since'));
    }
  }

  /** A Git older than 2.37 ends its walk at the first commit that is older, whoever dated it. */
  #log(query: HistoryQuery, since: 'since' | 'since-as-filter'): Promise<string> {
    const { from = `refs/heads/${this.#branch}`, after, limit, sinceMs } = query;
    return this.#clone.git.run([
      '--literal-pathspecs',
      'log',
      '-z',
      HISTORY_FORMAT,
      ...(limit === undefined ? [] : [`--max-count=${limit}`]),
      ...(sinceMs === undefined ? [] : [`--${since}=@${Math.ceil(sinceMs / 1_000)}`]),
      '--end-of-options',
      from,
      ...(after === undefined ? [] : [`^${after}`]),
      '--',
      ...(query.paths ?? []).map(requireInnerPath),
    ]);
  }

  /** Trouble of our own is an outcome as well: nothing was pushed, and a person has to act. */
  async #publish(
    drafts: readonly CommitDraft[],
    onto: string | undefined,
  ): Promise<PublishOutcome> {
    for (const { changes } of drafts) for (const { path } of changes) requireInnerPath(path);
    try {
      const pushed = await this.#writer.write(drafts, onto, (written) => this.#push(written));
      return pushed?.outcome ?? { kind: 'unchanged' };
    } catch (error) {
      if (error instanceof ProblemError) return rejectedBy(error);
      const text = String(error);
      const trouble = localTrouble(text, this.#clone.cacheFolder);
      if (trouble !== undefined) return { kind: 'rejected', ...trouble };
      if (!this.#clone.noteTrouble(text)) throw error;
      const why = `the clone is damaged and will be made anew: ${lastWords(text)}`;
      return { kind: 'unreachable', why };
    }
  }

  /** A fast-forward push compares and swaps on the server; it is never forced. */
  async #push({ tip, commits }: WrittenCommits): Promise<{
    readonly outcome: PublishOutcome;
    readonly moved?: MovedBranch;
  }> {
    const target = `${tip}:refs/heads/${this.#branch}`;
    const args = ['push', '--porcelain', '--no-verify', '--', this.#clone.url, target];
    const exit = await this.#clone.git.remote(args);
    const report = pushReport({ ...exit, stdout: exit.stdout.toString('utf8') });
    switch (report.kind) {
      case 'pushed':
        return { outcome: { kind: 'pushed', commits }, moved: { branch: this.#branch, tip } };
      case 'ambiguous':
        return { outcome: await this.#ask(tip, commits, { ...report, kind: 'unreachable' }) };
      case 'stale':
        return { outcome: await this.#ask(tip, commits, report) };
      case 'rejected':
      case 'unreachable':
      case 'deferred':
        return { outcome: report };
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
    if (fetched.kind !== 'fetched') {
      return { ...otherwise, kind: 'unknown', why: `${otherwise.why}; ${fetched.why}` };
    }
    const remoteTip = await this.#clone.tip(this.#branch);
    const arrived = remoteTip !== undefined && (await this.#clone.isAncestor(tip, remoteTip));
    return arrived ? { kind: 'pushed', commits } : otherwise;
  }

  async #isReachable(commit: string, revision: string): Promise<'contained' | 'behind'> {
    if (!/^[0-9a-f]{40,64}$/.test(revision)) return 'behind';
    if (commit === revision) return 'contained';
    return (await this.#clone.isAncestor(revision, commit)) ? 'contained' : 'behind';
  }

  /** A file where a folder has to be must not pass for an empty folder: its files would seem lost. */
  async #requireFolder(commit: string, folder: string): Promise<void> {
    const parts = requireInnerPath(folder).split('/');
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const path = parts.slice(0, depth).join('/');
      const item = await this.#clone.find(commit, path);
      if (item === undefined) return;
      if (item.mode !== FOLDER_MODE) throw occupied(path, folder);
    }
  }
}

const RELATIONS_KEPT = 100;

function rejectedBy({ problems }: ProblemError): PublishOutcome {
  const why = problems.map(({ code, message }) => `${code}: ${message}`).join('; ');
  return { kind: 'rejected', why, remedy: problems.map(({ remedy }) => remedy).join('; ') };
}
