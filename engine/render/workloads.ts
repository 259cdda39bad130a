import type { TargetManifest } from '../../constructs/manifest.ts';
import {
  renderAutoscaler,
  renderPrimaryAutoscaler,
} from '../../constructs/workloads/autoscaler.ts';
import { cleanManifest } from '../../constructs/workloads/clean-manifest.ts';
import { renderCanaryObject } from '../../constructs/workloads/canary-object.ts';
import type { Replicas } from '../../constructs/workloads/deployment.ts';
import {
  candidateName,
  primaryName,
  renderApex,
  renderPrimary,
  renderTarget,
  type TargetScale,
  withReleased,
} from '../../constructs/workloads/workloads.ts';
import type { Change } from '../core/decision.ts';
import { unreachable } from '../core/errors.ts';
import { canaryFolders } from '../core/paths.ts';
import { isInMidRun, isUnrouted, type RolloutRecord } from '../core/record.ts';
import type { Files } from './changeset.ts';
import type { ResolvedCanary } from './resolved-canary.ts';
import {
  below,
  configFiles,
  configsRead,
  file,
  primaryPath,
  readTrack,
  targetPath,
  type TrackManifests,
  withoutStaleConfigs,
  withTrack,
} from './workload-files.ts';

export interface WorkloadFacts {
  readonly canary: ResolvedCanary;
  readonly before: RolloutRecord | undefined;
  readonly change: Change;
  /** The canary's files as they stand on the delivery branch. */
  readonly delivered: Files;
  /** The same folders at the rollout's base. */
  readonly base: Files;
}

/** The `workloads/` folder after a change. What a change does not speak of stays byte for byte. */
export function workloadFiles(facts: WorkloadFacts): Files {
  const { canary, change } = facts;
  const folder = `${canaryFolders(canary.key).workloads}/`;
  const delivered = below(facts.delivered, folder);
  switch (change.kind) {
    case 'create-primary':
      return new Map([
        ...canaryFile(canary),
        ...configFiles(canary),
        ...targetFiles(canary, { ...sourceTrack(canary), target: canary.written }, 'as-written'),
        ...primaryFiles(canary, sourceTrack(canary)),
      ]);
    case 'start': {
      const running = targetFiles(canary, sourceTrack(canary), 'running');
      const files = [...delivered, ...canaryFile(canary), ...configFiles(canary)];
      return withoutStaleConfigs(canary, withTarget(canary, new Map(files), running));
    }
    case 'promote':
      return promoted(facts, delivered);
    case 'skip-analysis': {
      const idle = targetFiles(canary, readTrack(delivered, targetPath(canary)), 'idle');
      return withTarget(canary, promoted(facts, delivered), idle);
    }
    case 'initialized':
    case 'finish': {
      const idle = targetFiles(canary, readTrack(delivered, targetPath(canary)), 'idle');
      return withoutStaleConfigs(canary, withTarget(canary, delivered, idle));
    }
    case 'rollback':
      return change.restorePrimary ? restorePrimary(facts, delivered) : delivered;
    case 'fail-promotion':
      return restorePrimary(facts, delivered);
    case 'clean-up':
      return below(facts.base, folder);
    case 'halt':
      return isInMidRun(facts.before) ? below(facts.base, folder) : delivered;
    case 'reconcile':
      return reconciled(facts, new Map([...delivered, ...canaryFile(canary)]));
    case 'terminate':
      return asInSource(canary, delivered);
    case 'terminated':
      return new Map();
    case 'resume':
      return new Map([...delivered, ...canaryFile(canary)]);
    case 'move-to-target':
    case 'return-to-primary':
    case 'drop-routes':
    case 'open-routing':
    case 'restart':
    case 'advance':
    case 'check-failed':
    case 'shift':
    case 'return-traffic':
    case 'withdraw':
    case 'call-off':
    case 'reject':
    case 'halt-promotion':
    case 'post-rollout':
      return delivered;
    default:
      return unreachable(change);
  }
}

/** The target is once more what the source says it is, with what scales it. */
function asInSource(canary: ResolvedCanary, delivered: Files): Files {
  const { written } = canary;
  const released = { ...sourceTrack(canary), target: written };
  const scale = isLeftToAutoscaler(canary, delivered) ? 'running' : 'as-written';
  const files = withTarget(canary, delivered, targetFiles(canary, released, scale));
  return written.kind === 'Service'
    ? new Map([...files, ...file(canary, cleanManifest(written))])
    : files;
}

/**
 * An autoscaler has the target's replicas already, or takes them over from 0: a number that the source
 * says beside it would hold it down, and the target would never be what the autoscaler makes of it.
 */
function isLeftToAutoscaler(canary: ResolvedCanary, delivered: Files): boolean {
  if (canary.autoscaler === undefined) return false;
  return (fixedOf(readTrack(delivered, targetPath(canary)).target) ?? 0) === 0;
}

function canaryFile(canary: ResolvedCanary): Files {
  return file(canary, renderCanaryObject(canary.canaryManifest));
}

/** The target as it is in the source now. */
function sourceTrack({ target, autoscaler }: ResolvedCanary): TrackManifests {
  return { target, autoscaler };
}

function withTarget(canary: ResolvedCanary, files: Files, target: Files): Files {
  return withTrack(files, candidateName(canary.spec.target), target);
}

function withPrimary(canary: ResolvedCanary, files: Files, primary: Files): Files {
  return withTrack(files, primaryName(canary.spec.target), primary);
}

function targetFiles(
  canary: ResolvedCanary,
  { target, autoscaler }: TrackManifests,
  scale: TargetScale,
): Files {
  const { spec } = canary;
  if (autoscaler === undefined) return file(canary, renderTarget({ spec, target, scale }));
  return new Map([
    ...file(canary, renderTarget({ spec, target, scale, replicas: 'autoscaled' })),
    ...file(canary, renderAutoscaler(autoscaler, scale)),
  ]);
}

/** The primary with what a target releases; a public Service that is the target follows it. */
function primaryFiles(canary: ResolvedCanary, released: TrackManifests): Files {
  const { target, autoscaler: scaler } = canary.spec;
  if (released.autoscaler === undefined || scaler === undefined) {
    return primaryFile(canary, released.target);
  }
  const autoscaler = renderPrimaryAutoscaler({ target, autoscaler: scaler }, released.autoscaler);
  return new Map([
    ...primaryFile(canary, released.target, 'autoscaled'),
    ...file(canary, autoscaler),
  ]);
}

function primaryFile(canary: ResolvedCanary, target: TargetManifest, replicas?: Replicas): Files {
  const scale = replicas === undefined ? {} : { replicas };
  const primary = renderPrimary({ ...canary, target, ...scale });
  return new Map([...file(canary, primary), ...apexFile(canary, primary)]);
}

function apexFile(canary: ResolvedCanary, primary: TargetManifest): Files {
  return canary.target.kind === 'Service' && primary.kind === 'Service'
    ? file(canary, renderApex(canary.target, primary))
    : new Map();
}

/**
 * The primary gets what was analysed: the target as it is delivered. An autoscaler that is new takes
 * its replicas over only while all traffic is on the canary, because Git's letting go of them makes
 * them 1; until then the primary keeps the number it has.
 */
function promoted({ canary, before }: WorkloadFacts, delivered: Files): Files {
  const released = readTrack(delivered, targetPath(canary));
  const { target: primary } = readTrack(delivered, primaryPath(canary));
  const fixed = fixedOf(primary);
  const isTakenOver = released.autoscaler !== undefined && fixed !== undefined;
  const files =
    isTakenOver && !isAllOnCanary(canary, before)
      ? primaryFile(canary, released.target, fixed)
      : primaryFiles(canary, released);
  return withPrimary(canary, delivered, files);
}

/** Where only requests that match are split, the others stay on the primary at any weight. */
function isAllOnCanary({ spec }: ResolvedCanary, record: RolloutRecord | undefined): boolean {
  const { strategy } = spec.analysis;
  const isSplitByMatch =
    strategy.kind === 'ab-testing' || (strategy.kind === 'canary' && strategy.match !== undefined);
  return record?.weights.canary === 100 && !isSplitByMatch;
}

/**
 * Everything of the target follows the source but the revision, which only a start brings in. The
 * primary's options follow with a promotion, or while nothing depends on it yet.
 */
function reconciled({ canary, before }: WorkloadFacts, delivered: Files): Files {
  const source = sourceTrack(canary);
  const running = readTrack(delivered, targetPath(canary));
  const { target: released } = running;
  const isIdle = before?.awaiting === 'revision' || before?.awaiting === 'approval';
  const scale = before?.phase === 'Initializing' ? 'as-written' : isIdle ? 'idle' : 'running';
  const followed = { ...source, target: withReleased(source.target, released) };
  const replicas = fixedOf(released) ?? 0;
  const target = isUnderTraffic(running, canary, before)
    ? file(canary, renderTarget({ ...canary, target: followed.target, scale, replicas }))
    : targetFiles(canary, followed, scale);
  const files = withTarget(canary, delivered, target);
  const { target: primary } = readTrack(delivered, primaryPath(canary));
  if (!isUnrouted(before)) return new Map([...files, ...apexFile(canary, primary)]);
  const fresh = { ...source, target: withReleased(source.target, primary) };
  return withPrimary(canary, files, primaryFiles(canary, fresh));
}

/** An autoscaler that is new takes the target over only while no request depends on its replicas. */
function isUnderTraffic(
  { target, autoscaler }: TrackManifests,
  canary: ResolvedCanary,
  before: RolloutRecord | undefined,
): boolean {
  const isNew = canary.autoscaler !== undefined && autoscaler === undefined;
  return isNew && (fixedOf(target) ?? 0) > 0 && (before?.weights.canary ?? 0) > 0;
}

function fixedOf(target: TargetManifest): number | undefined {
  return target.kind === 'Deployment' ? target.spec.replicas : undefined;
}

/** The primary as it was before the rollout, with its autoscaler and what its pods read. */
function restorePrimary({ canary, base }: WorkloadFacts, delivered: Files): Files {
  const path = primaryPath(canary);
  const { target: primary, autoscaler } = readTrack(base, path);
  const own = new Map([...base].filter(([each]) => each === path));
  const read = configsRead(canary, own);
  return withPrimary(
    canary,
    delivered,
    new Map([
      ...own,
      ...[...base].filter(([each]) => read.has(each)),
      ...(autoscaler === undefined ? [] : file(canary, autoscaler)),
      ...apexFile(canary, primary),
    ]),
  );
}
