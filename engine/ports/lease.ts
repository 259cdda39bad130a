/** Lets one of several engines act. It keeps them out of each other's way; Git stays the fence. */
export interface Lease {
  /** Stands for election and renews until the signal comes, then lets go. */
  campaign(signal: AbortSignal): Promise<void>;
  /** Who leads at this very moment, as far as can be told without asking anybody. */
  leadership(): Leadership;
}

export type Leadership =
  /** `term` is another number after each interruption, however short. */
  | { readonly kind: 'leading'; readonly identity: string; readonly term: number }
  | { readonly kind: 'following'; readonly leader: string }
  | { readonly kind: 'unsettled'; readonly why: string };
