import { createHash } from 'node:crypto';
import { InternalError } from '../../core/errors.ts';
import type { DeliveryBranches, ExistingBranches } from '../../ports/delivery-branches.ts';
import type {
  DeliveryCommit,
  DeliveryRepository,
  FolderItem,
  HistoryQuery,
  PublishOutcome,
  RefreshOutcome,
  TreeEntry,
} from '../../ports/delivery-repository.ts';

/**
 * All branches of a delivery target as one, for those who read the history of canaries and do not
 * care where it stands. Its tip is no commit: it stands for the tips of all branches.
 */
export class GitDeliveryUnion implements DeliveryRepository {
  readonly #branches: DeliveryBranches;
  readonly #known: () => Promise<ExistingBranches>;
  /** Commits by branch, as they were last read. */
  #tips: ReadonlyMap<string, string> = new Map();
  #tip: string | undefined;

  constructor(branches: DeliveryBranches, known: () => Promise<ExistingBranches>) {
    this.#branches = branches;
    this.#known = known;
  }

  async refresh(): Promise<RefreshOutcome> {
    const known = await this.#known();
    if (known.kind !== 'listed') return known;
    const tips = new Map<string, string>();
    const outcomes = await Promise.all(
      known.branches.map(async (branch) => [branch, await this.#at(branch).refresh()] as const),
    );
    for (const [branch, outcome] of outcomes) {
      if (outcome.kind !== 'fresh') return outcome;
      if (outcome.tip !== undefined) tips.set(branch, outcome.tip);
    }
    this.#tips = tips;
    const all = JSON.stringify([...tips]);
    this.#tip = tips.size === 0 ? undefined : createHash('sha256').update(all).digest('hex');
    return { kind: 'fresh', tip: this.#tip };
  }

  async list(commit: string, folder: string): Promise<readonly TreeEntry[]> {
    if (commit !== this.#tip) return this.#any().list(commit, folder);
    const lists = [...this.#tips].map(([branch, tip]) => this.#at(branch).list(tip, folder));
    return (await Promise.all(lists)).flat();
  }

  /** Folders of the same name on several branches are one, with an id that stands for all of them. */
  async items(commit: string, folder: string): Promise<readonly FolderItem[]> {
    if (commit !== this.#tip) return this.#any().items(commit, folder);
    const lists = [...this.#tips].map(([branch, tip]) => this.#at(branch).items(tip, folder));
    const byName = Map.groupBy((await Promise.all(lists)).flat(), ({ name }) => name);
    return [...byName.values()].flatMap((same): readonly FolderItem[] => {
      const [first, ...others] = same;
      if (first === undefined) return [];
      return others.length === 0 ? [first] : [{ ...first, id: same.map(({ id }) => id).join(' ') }];
    });
  }

  read(blobs: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return this.#any().read(blobs);
  }

  containment(
    ...asked: Parameters<DeliveryRepository['containment']>
  ): Promise<'contained' | 'behind'> {
    return this.#any().containment(...asked);
  }

  async history(query: HistoryQuery): Promise<readonly DeliveryCommit[]> {
    if (query.from !== undefined) return this.#any().history(query);
    const each = [...this.#tips.keys()].map((branch) => this.#at(branch).history(query));
    const all = (await Promise.all(each)).flat().toSorted((a, b) => b.atMs - a.atMs);
    return query.limit === undefined ? all : all.slice(0, query.limit);
  }

  publish(): Promise<PublishOutcome> {
    throw new InternalError('several branches together can be read and not be written');
  }

  #at(branch: string): DeliveryRepository {
    return this.#branches.at(branch);
  }

  /** All branches are in one clone: for a commit any of them will do. */
  #any(): DeliveryRepository {
    return this.#at(this.#tips.keys().next().value ?? 'none');
  }
}
