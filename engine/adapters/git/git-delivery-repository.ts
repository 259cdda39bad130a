import { type Layer, layerOf } from '../../../constructs/delivery-layers.ts';
import { isCommitId } from '../../core/commit-id.ts';
import { assertInvariant } from '../../core/errors.ts';
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
import type { BareClone } from './bare-clone.ts';
import { HISTORY_FORMAT, parseHistory } from './history.ts';
import { requireBranchName, requireInnerPath } from './names.ts';
import { occupied } from './owned-paths.ts';
import { Publisher, type PublisherOptions } from './publisher.ts';
import { FOLDER_MODE } from './tree-store.ts';

export interface DeliveryOptions extends PublisherOptions {
  readonly branch: string;
}

/** The delivery branch in a blobless bare clone; commits are built without a work tree. */
export function createGitDeliveryRepository(options: DeliveryOptions): DeliveryRepository {
  return new GitDeliveryRepository(options);
}

class GitDeliveryRepository implements DeliveryRepository {
  readonly #clone: BareClone;
  readonly #branch: string;
  readonly #publisher: Publisher;
  #containments = new Map<string, Promise<'contained' | 'behind'>>();

  constructor({ branch, ...options }: DeliveryOptions) {
    this.#clone = options.clone;
    this.#branch = requireBranchName(branch);
    this.#publisher = new Publisher(options);
  }

  async refresh(): Promise<RefreshOutcome> {
    const fetched = await this.#clone.fetch([this.#branch]);
    if (fetched.kind !== 'fetched') return fetched;
    return { kind: 'fresh', tip: await this.#clone.tip(this.#branch) };
  }

  async list(commit: string, folder: string): Promise<readonly TreeEntry[]> {
    await this.#requireFolder(commit, folder);
    return this.#clone.objects.tree(commit, folder);
  }

  async items(commit: string, folder: string): Promise<readonly FolderItem[]> {
    await this.#requireFolder(commit, folder);
    const items = await this.#clone.objects.items(commit, folder);
    return items.map(({ name, mode, id }) => ({ name, id, isFolder: mode === FOLDER_MODE }));
  }

  read(blobs: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return this.#clone.objects.read(blobs);
  }

  containment(
    commit: string,
    revision: string,
    folder: string,
    layer: Layer,
  ): Promise<'contained' | 'behind'> {
    const key = `${commit} ${revision}`;
    const relation = this.#containments.get(key) ?? this.#isReachable(commit, revision);
    if (this.#containments.size > RELATIONS_KEPT) this.#containments.clear();
    this.#containments.set(key, relation);
    return relation.then(async (reachable) => {
      if (reachable === 'behind' || commit === revision) return reachable;
      const [ours, theirs] = await Promise.all([
        this.#clone.objects.find(commit, folder),
        this.#clone.objects.find(revision, folder),
      ]);
      if (ours?.id === theirs?.id) return 'contained';
      const [wanted, given] = await Promise.all([
        this.#layerIn(commit, folder, layer),
        this.#layerIn(revision, folder, layer),
      ]);
      return wanted === given ? 'contained' : 'behind';
    });
  }

  /** The files of a layer that stand in a folder, or below it, by their contents. */
  async #layerIn(commit: string, folder: string, layer: Layer): Promise<string> {
    const items = await this.#clone.objects.items(commit, folder);
    return items
      .filter(({ name, mode }) => mode === FOLDER_MODE || layerOf(`${folder}/${name}`) === layer)
      .map(({ name, id }) => `${name} ${id}`)
      .join('\n');
  }

  async publish(drafts: readonly CommitDraft[], onto: string | undefined): Promise<PublishOutcome> {
    const [outcome] = await this.#publisher.publish([{ branch: this.#branch, drafts, onto }]);
    assertInvariant(outcome !== undefined, 'one branch was published, and nothing was said of it');
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
  async #log(query: HistoryQuery, since: 'since' | 'since-as-filter'): Promise<string> {
    const { from = await this.#clone.tip(this.#branch), after, limit, sinceMs } = query;
    if (from === undefined) return '';
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

  async #isReachable(commit: string, revision: string): Promise<'contained' | 'behind'> {
    if (!isCommitId(revision)) return 'behind';
    if (commit === revision) return 'contained';
    return (await this.#clone.isAncestor(revision, commit)) ? 'contained' : 'behind';
  }

  /** A file where a folder has to be must not pass for an empty folder: its files would seem lost. */
  async #requireFolder(commit: string, folder: string): Promise<void> {
    const parts = requireInnerPath(folder).split('/');
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const path = parts.slice(0, depth).join('/');
      const item = await this.#clone.objects.find(commit, path);
      if (item === undefined) return;
      if (item.mode !== FOLDER_MODE) throw occupied(path, folder);
    }
  }
}

const RELATIONS_KEPT = 100;
