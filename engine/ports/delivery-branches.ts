import type {
  CommitDraft,
  DeliveryRepository,
  PublishOutcome,
  Weather,
} from './delivery-repository.ts';

/** The branches of a delivery target that is spread over several: its cells. */
export interface DeliveryBranches {
  /** Which branches there are whose names begin so. */
  existing(prefixes: readonly string[]): Promise<ExistingBranches>;
  at(branch: string): DeliveryRepository;
  /**
   * Commits for several branches in one push, with an outcome for each of them, in order: nobody's
   * lost race loses the commits of another branch, or holds them up.
   */
  publish(batches: readonly Batch[]): Promise<readonly PublishOutcome[]>;
}

/** What one branch is to get on top of the tip that was read; absent: a new branch. */
export interface Batch {
  readonly branch: string;
  readonly drafts: readonly CommitDraft[];
  readonly onto: string | undefined;
}

export type ExistingBranches =
  | { readonly kind: 'listed'; readonly branches: readonly string[] }
  | ({ readonly kind: 'unreachable' } & Weather)
  | { readonly kind: 'refused'; readonly why: string; readonly remedy: string };
