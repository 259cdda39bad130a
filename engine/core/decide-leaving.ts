import type { CanarySpec } from '../../constructs/canary-spec.ts';
import {
  canaryReadiness,
  hasLostItsPods,
  primaryReadiness,
  releaseOf,
  waitForPrimary,
  waitForTraffic,
  waitForWorkloads,
} from './conditions.ts';
import { waitForPeople } from './control.ts';
import { decidePromoting } from './decide-promotion.ts';
import { considerAtRest } from './decide-rest.ts';
import { considerRollout } from './decide-rollout.ts';
import type { Decision, Wait } from './decision.ts';
import { assertInvariant, unreachable } from './errors.ts';
import type { Observation, Removal } from './observation.ts';
import type { Ask } from './questions.ts';
import { isUnrouted, type RolloutRecord } from './record.ts';

const GONE = 'the source holds the Canary no more';

/**
 * The Canary has left the source. What it has begun comes to its end; then the target gets its
 * replicas back, the traffic once it is ready, and the rest goes once the traffic has gone there.
 * Where the target has left with it, everything goes at once: nobody is to be served any more.
 */
export function considerLeaving(
  spec: CanarySpec,
  record: RolloutRecord | undefined,
  seen: Observation,
  removed: Removal,
  nowMs: number,
): Decision | Ask {
  if (record === undefined) return { kind: 'rest', why: GONE };
  // A pause keeps everything where it is, but for traffic that would be lost.
  if (removed.target === 'removed' && waitForPeople(seen) === undefined) {
    return { kind: 'terminated', reason: 'the source holds neither the Canary nor its target' };
  }
  switch (record.phase) {
    case 'Initializing':
      return isUnrouted(record)
        ? (waitForPeople(seen) ?? { kind: 'terminated', reason: GONE })
        : begin(spec, seen, removed);
    case 'Waiting':
      return begin(spec, seen, removed);
    case 'Initialized':
    case 'Succeeded':
    case 'Failed':
      return isReadyToLeave(record)
        ? begin(spec, seen, removed)
        : considerAtRest(spec, record, seen, nowMs);
    case 'Progressing':
    case 'WaitingPromotion':
      return { kind: 'withdraw', reason: GONE };
    case 'Promoting':
      return decidePromoting(spec, record, seen, nowMs);
    case 'Finalising':
      return considerRollout(spec, record, seen, nowMs);
    case 'Terminating':
      return decideTerminating(spec, record, seen, removed, nowMs);
    default:
      return unreachable(record.phase);
  }
}

/** With a broken primary the traffic is on the target already, and may stay there. */
function isReadyToLeave({ awaiting, rollout }: RolloutRecord): boolean {
  return awaiting === 'primary-ready' || (awaiting === 'revision' && !rollout?.hooksOwed);
}

function begin(
  { target }: CanarySpec,
  seen: Observation,
  removed: Removal,
  reason = GONE,
): Decision {
  const held = waitForPeople(seen);
  if (held !== undefined) return held;
  if (removed.target === 'idle') return withoutReplicas(target);
  const { configDigest } = seen.source;
  return { kind: 'terminate', reason, release: releaseOf(seen), configDigest };
}

function withoutReplicas({ kind, name }: CanarySpec['target']): Decision {
  return {
    kind: 'blocked',
    why: `${GONE}, and says replicas: 0 of ${kind} ${name}: nobody would be left to answer`,
    remedy: 'let the source say how many replicas it is to have, or remove it as well',
  };
}

function decideTerminating(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Observation,
  removed: Removal,
  nowMs: number,
): Decision {
  const { target } = spec;
  switch (record.awaiting) {
    case 'target-ready': {
      const moved = decideSourceMoved(spec, record, seen, removed);
      const notReady = moved ?? waitForPeople(seen) ?? waitForTarget(spec, seen, nowMs);
      if (notReady !== undefined) return notReady;
      const reason = `${target.kind} ${target.name} is ready`;
      return { kind: hasTrack(spec) ? 'move-to-target' : 'drop-routes', reason };
    }
    case 'traffic-on-target':
      return (
        decideWithoutPod(spec, record, seen, nowMs) ??
        decideSourceMoved(spec, record, seen, removed) ??
        waitForPeople(seen) ??
        waitForTraffic(seen) ??
        waitForTarget(spec, seen, nowMs) ?? {
          kind: 'drop-routes',
          reason: `all traffic on ${target.kind} ${target.name}`,
        }
      );
    case 'routes-gone':
      return (
        waitForPeople(seen) ??
        waitForTraffic(seen) ??
        waitForProxies(spec, record, nowMs) ??
        terminated(spec)
      );
    case 'primary-ready':
    case 'routing-live':
    case 'revision':
    case 'approval':
    case 'canary-ready':
    case 'analysis':
    case 'shift-live':
    case 'traffic-on-primary':
      assertInvariant(false, `${record.phase} awaits ${record.awaiting}`);
  }
}

/** It is a plain workload already: what the source says of it holds at once. */
function decideSourceMoved(
  spec: CanarySpec,
  { returned, configDigest }: RolloutRecord,
  seen: Observation,
  removed: Removal,
): Decision | undefined {
  const { revision } = seen.source;
  if (removed.target === 'idle') return withoutReplicas(spec.target);
  if (revision === returned?.revision && seen.source.configDigest === configDigest) {
    return undefined;
  }
  return begin(spec, seen, removed, `the source says revision ${revision} meanwhile`);
}

function terminated({ service }: CanarySpec): Decision {
  return { kind: 'terminated', reason: `Service ${service.name} leads to the target` };
}

/** With a Service as target the public Service is the target itself. */
function hasTrack({ target }: CanarySpec): boolean {
  return target.kind !== 'Service';
}

function waitForTarget(spec: CanarySpec, seen: Observation, nowMs: number): Wait | undefined {
  const notGiven = waitForWorkloads(seen);
  if (notGiven !== undefined || !hasTrack(spec)) return notGiven;
  const readiness = canaryReadiness(spec, seen, nowMs, spec.autoscaler?.least.canary);
  // A number of replicas in the source may hold an autoscaler down for ever: its deadline ends the wait.
  const isUnscaled =
    readiness.state === 'failed' && canaryReadiness(spec, seen, nowMs).state === 'ready';
  if (readiness.state === 'ready' || isUnscaled) return undefined;
  const why = `${spec.target.name}.${spec.namespace} not ready: ${readiness.why}`;
  return { kind: 'wait', why, unready: true };
}

/** Its users get errors now, and the primary is still there. */
function decideWithoutPod(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Observation,
  nowMs: number,
): Decision | undefined {
  const isPrimaryReady = primaryReadiness(spec, seen, nowMs).state === 'ready';
  if (!isPrimaryReady || !hasLostItsPods(record, seen)) return undefined;
  return { kind: 'return-to-primary', reason: 'the target has no ready pod' };
}

/**
 * The routes are gone from the cluster, but no counter shows when the last proxy has heard of it: what
 * they led to stays for one interval more.
 */
function waitForProxies(
  { analysis }: CanarySpec,
  { decidedAtMs }: RolloutRecord,
  nowMs: number,
): Wait | undefined {
  const untilMs = decidedAtMs + analysis.intervalMs;
  const why = 'proxies are given one interval to follow the removal of the routes';
  return nowMs < untilMs ? { kind: 'wait', why, untilMs } : undefined;
}

/** The Canary is back before it was gone: its primary takes the traffic again, as at the beginning. */
export function considerReturn(spec: CanarySpec, seen: Observation, nowMs: number): Decision {
  const { configDigest } = seen.source;
  return (
    waitForPrimary(spec, seen, nowMs) ?? {
      kind: 'resume',
      reason: 'the source holds the Canary again',
      configDigest,
    }
  );
}
