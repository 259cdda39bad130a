import type { Layer } from '../../constructs/delivery-layers.ts';
import type { JsonObject, Manifest } from '../../constructs/manifest.ts';
import type { AppliedStep, Effect } from './effect.ts';
import { unreachable } from './errors.ts';
import type { Liveness } from './observation.ts';
import { routeDifference } from './route-difference.ts';

/** What the sync agent reports of one layer of the branch it follows. */
export type SyncState =
  | {
      readonly state: 'synced';
      readonly revision: string;
      /** Why the agent will not take anything newer, and what to do about it. */
      readonly hindrance?: string;
    }
  | { readonly state: 'unknown'; readonly why: string };

/** Whether the files of a layer in a folder, at the synced revision, are the committed ones. */
export type Containment = 'contained' | 'behind';

/** How far a layer of one canary has come into the cluster. */
export interface DeliveredLayer {
  readonly layer: Layer;
  readonly sync: SyncState;
  readonly containment: Containment;
}

/** The object that carries a canary's routes out, as it was committed. */
export type CommittedRoute = Manifest & { readonly spec: JsonObject };

/** The same object in the cluster, as far as it could be read. */
export type LiveRouting =
  | {
      readonly state: 'found';
      readonly spec: JsonObject;
      /** Since when it says so, and its controller has taken note. */
      readonly sinceMs: number;
      /** Why its controller has not accepted it as it is now. */
      readonly refused?: string;
    }
  | { readonly state: 'missing' }
  | { readonly state: 'unknown'; readonly why: string };

/** Pushed is not live: the agent must have been given what was committed. */
export function layerLiveness({ layer, sync, containment }: DeliveredLayer): Liveness {
  if (sync.state === 'unknown') return { state: 'unknown', why: sync.why };
  if (containment === 'behind') return behind(sync, layer);
  return { state: 'live', sinceMs: 0 };
}

/** Of two layers that a canary needs, the one that holds it up, if any does. */
export function lesserOf(one: DeliveredLayer, other: DeliveredLayer): DeliveredLayer {
  const rank = ({ sync, containment }: DeliveredLayer) =>
    sync.state === 'unknown' ? 0 : containment === 'behind' ? 1 : 2;
  return rank(other) < rank(one) ? other : one;
}

/** And the routing object itself must say what was committed, and be accepted. */
export function trafficLiveness(
  delivered: DeliveredLayer,
  committed: CommittedRoute | undefined,
  routing: LiveRouting,
): Liveness {
  const given = layerLiveness(delivered);
  if (given.state !== 'live') return given;
  if (committed === undefined) {
    return { state: 'unknown', why: 'the delivery branch holds no routing object of this canary' };
  }
  const object = `${committed.kind} ${committed.metadata.name}`;
  switch (routing.state) {
    case 'unknown':
      return { state: 'unknown', why: routing.why };
    case 'missing':
      return { state: 'behind', why: `${object} does not exist in the cluster yet` };
    case 'found': {
      const difference = routeDifference(committed.spec, routing.spec);
      const why = difference ?? routing.refused;
      return why === undefined
        ? { state: 'live', sinceMs: routing.sinceMs }
        : { state: 'behind', why: `${object} in the cluster: ${why}` };
    }
    default:
      return unreachable(routing);
  }
}

/**
 * And the data plane must follow the object. What nobody can tell does not hold a step up; what is
 * not told yet does for one interval, because more traffic may tell.
 */
export function effectiveLiveness(
  step: AppliedStep,
  effect: Effect,
  shownMs: number,
  nowMs: number,
): Liveness {
  const { appliedMs, intervalMs } = step;
  switch (effect.verdict) {
    case 'shown':
      return { state: 'live', sinceMs: Math.max(appliedMs, shownMs), effect: effect.why };
    case 'refuted':
      return { state: 'behind', why: effect.why };
    case 'undecided':
      return nowMs < appliedMs + intervalMs
        ? { state: 'behind', why: effect.why }
        : { state: 'live', sinceMs: appliedMs, effect: `not told: ${effect.why}` };
    case 'untold':
      return { state: 'live', sinceMs: appliedMs, effect: `not told: ${effect.why}` };
    default:
      return unreachable(effect);
  }
}

type Synced = Extract<SyncState, { state: 'synced' }>;

function behind({ revision, hindrance }: Synced, layer: Layer): Liveness {
  const why = `the sync agent is at ${revision.slice(0, 8)}, which does not hold the committed ${layer} yet`;
  return { state: 'behind', why: hindrance === undefined ? why : `${why}: ${hindrance}` };
}
