import type { Liveness, LiveWeights } from './observation.ts';
import type { Weights } from './record.ts';

/** What the sync agent reports of the branch it follows. */
export type SyncState =
  | { readonly state: 'synced'; readonly revision: string }
  | { readonly state: 'unknown'; readonly why: string };

/** Whether the folder at the synced revision is the committed one. */
export type Containment = 'contained' | 'behind';

/** The routing object in the cluster, as far as it could be read. */
export type LiveRouting =
  | ({ readonly state: 'found' } & LiveWeights)
  | { readonly state: 'missing' }
  | { readonly state: 'unknown'; readonly why: string };

/** Pushed is not live: the agent must have been given a tree that holds the committed folder. */
export function workloadsLiveness(sync: SyncState, containment: Containment): Liveness {
  if (sync.state === 'unknown') return { state: 'unknown', why: sync.why };
  if (containment === 'behind') return behind(sync.revision, 'workloads');
  return { state: 'live', sinceMs: 0 };
}

/** And the routing object itself must say what was committed. */
export function trafficLiveness(
  sync: SyncState,
  containment: Containment,
  committed: Weights,
  routing: LiveRouting,
): Liveness {
  if (sync.state === 'unknown') return { state: 'unknown', why: sync.why };
  if (containment === 'behind') return behind(sync.revision, 'traffic');
  switch (routing.state) {
    case 'unknown':
      return { state: 'unknown', why: routing.why };
    case 'missing':
      return { state: 'behind', why: 'the routing object does not exist in the cluster yet' };
    case 'found':
      return routing.weights.canary === committed.canary &&
        routing.weights.primary === committed.primary
        ? { state: 'live', sinceMs: routing.sinceMs }
        : {
            state: 'behind',
            why: `the cluster routes ${routing.weights.primary}/${routing.weights.canary}, committed is ${committed.primary}/${committed.canary}`,
          };
  }
}

function behind(revision: string, tree: string): Liveness {
  const why = `the sync agent is at ${revision.slice(0, 8)}, which does not hold the committed ${tree} yet`;
  return { state: 'behind', why };
}
