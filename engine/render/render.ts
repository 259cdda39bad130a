import type { TrafficState } from '../../constructs/canary-spec.ts';
import { renderTracks, renderTraffic } from '../../constructs/traffic/traffic.ts';
import type { Change, ChangeKind } from '../core/decision.ts';
import { canonicalJson, sha256Hex } from '../core/digest.ts';
import { unreachable } from '../core/errors.ts';
import type { FileChange } from '../core/file-change.ts';
import type { Observation } from '../core/observation.ts';
import type { Person } from '../core/person.ts';
import { canaryFolders, recordPath, rejectedPath } from '../core/paths.ts';
import { isInMidRun, isUnrouted, type RolloutRecord } from '../core/record.ts';
import { trafficStateOf } from '../core/traffic-state.ts';
import { transition } from '../core/transition.ts';
import { changeset, type Files } from './changeset.ts';
import { evidenceOf, staleEvidence } from './evidence.ts';
import { leftBehind, tracksAlone, trafficToTarget } from './leaving.ts';
import { commitMessage } from './message.ts';
import { formatRecord } from './record-file.ts';
import { formatRejected, withRejection } from './rejected-file.ts';
import { rejectedImages } from './rejected-images.ts';
import type { ResolvedCanary } from './resolved-canary.ts';
import { trackPods } from './track-pods.ts';
import { trafficFolder } from './traffic-folder.ts';
import { below } from './workload-files.ts';
import { workloadFiles } from './workloads.ts';

export interface RenderInput {
  readonly canary: ResolvedCanary;
  readonly before: RolloutRecord | undefined;
  readonly change: Change;
  readonly seen: Observation;
  /** The canary's folders as they stand on the delivery branch, by path. */
  readonly delivered: Files;
  /** The same folders at the rollout's base; empty for changes that do not return to it. */
  readonly base: Files;
  /** Commits that the change undoes, newest first. */
  readonly reverts: readonly string[];
  /** Who wrote the release that the change brings. */
  readonly coAuthors?: readonly Person[];
  readonly nowMs: number;
  /** How long a revision that fails now is not tried again. Absent: for ever. */
  readonly rejectedForMs?: number | undefined;
}

export interface Rendered {
  readonly record: RolloutRecord;
  readonly changes: readonly FileChange[];
  readonly message: string;
  /** What a canary leaves to those who are served by it, by the path it has among the others. */
  readonly left: Files;
}

/** One decision as one commit: manifests, record and evidence together. Pure. */
export function render(input: RenderInput): Rendered {
  const { canary, before, change, seen, nowMs } = input;
  const record = transition(canary.key, before, change, nowMs, seen.moments);
  const evidence = evidenceOf(canary.spec, before, record, change, seen, nowMs);
  const evidenceDigest = evidence === undefined ? undefined : `sha256:${sha256Hex(evidence.text)}`;
  const workloads = workloadFiles(input);
  const after = new Map([
    ...workloads,
    ...trafficFiles(input, record, workloads),
    ...rolloutFiles(input, record, evidenceDigest),
    ...(evidence === undefined ? [] : [[evidence.path, evidence.text] as const]),
  ]);
  return {
    record,
    changes: changeset(input.delivered, after),
    left: change.kind === 'drop-routes' ? leftBehind(canary, workloads) : new Map(),
    message: commitMessage({
      spec: canary.spec,
      record,
      change,
      evidenceDigest,
      reverts: input.reverts,
      coAuthors: input.coAuthors ?? [],
    }),
  };
}

const RETURNING: ReadonlySet<ChangeKind> = new Set([
  'rollback',
  'withdraw',
  'clean-up',
  'fail-promotion',
  'return-traffic',
]);

/** Changes that restore files as they stood before the rollout. */
export function returnsToBase(kind: ChangeKind, before: RolloutRecord | undefined): boolean {
  return RETURNING.has(kind) || (kind === 'halt' && isInMidRun(before));
}

/** The `traffic/` folder after a change; a rollback takes it from the base, byte for byte. */
function trafficFiles(input: RenderInput, record: RolloutRecord, workloads: Files): Files {
  const { canary, before, change } = input;
  const folder = `${canaryFolders(canary.key).traffic}/`;
  const delivered = below(input.delivered, folder);
  switch (change.kind) {
    case 'advance':
      return isRoutedAlike(canary, before, record)
        ? delivered
        : renderedTraffic(canary, trafficStateOf(canary.spec, record), workloads);
    case 'open-routing':
    case 'start':
    case 'restart':
    case 'shift':
    case 'fail-promotion':
    case 'skip-analysis':
    case 'return-to-primary':
    case 'resume':
      return renderedTraffic(canary, trafficStateOf(canary.spec, record), workloads);
    case 'create-primary':
      return renderedTracks(canary, workloads);
    case 'reconcile':
      return isUnrouted(before)
        ? renderedTracks(canary, workloads)
        : renderedTraffic(canary, trafficStateOf(canary.spec, record), workloads);
    case 'rollback':
    case 'withdraw':
    case 'return-traffic':
      return below(input.base, folder);
    case 'halt':
      return isInMidRun(before) ? below(input.base, folder) : delivered;
    case 'move-to-target':
      return trafficToTarget(canary, workloads);
    case 'drop-routes':
      return tracksAlone(canary, delivered, workloads);
    case 'terminated':
      return new Map();
    case 'terminate':
    case 'initialized':
    case 'check-failed':
    case 'promote':
    case 'finish':
    case 'clean-up':
    case 'call-off':
    case 'reject':
    case 'halt-promotion':
    case 'post-rollout':
      return delivered;
    default:
      return unreachable(change);
  }
}

/** An iteration moves no route: what stands there is what would be rendered. */
function isRoutedAlike(
  { spec }: ResolvedCanary,
  before: RolloutRecord | undefined,
  after: RolloutRecord,
): boolean {
  if (before?.awaiting !== 'analysis') return false;
  const [standing, wanted] = [before, after].map((record) => trafficStateOf(spec, record));
  return canonicalJson(standing) === canonicalJson(wanted);
}

function renderedTracks(canary: ResolvedCanary, workloads: Files): Files {
  return trafficFolder(canary, renderTracks({ ...canary, ...trackPods(canary, workloads) }));
}

export function renderedTraffic(
  canary: ResolvedCanary,
  state: TrafficState,
  workloads: Files,
): Files {
  const pods = trackPods(canary, workloads);
  return trafficFolder(canary, renderTraffic({ ...canary, ...pods, state }));
}

/** Changes after which the revision is not tried again. */
const REJECTING: ReadonlySet<ChangeKind> = new Set(['rollback', 'fail-promotion', 'reject']);

/** The engine's own folder: what stands there stays, but for the record, the ledger and old evidence. */
function rolloutFiles(
  input: RenderInput,
  record: RolloutRecord,
  evidence: string | undefined,
): Files {
  const { canary, change, seen, nowMs } = input;
  const folder = `${canaryFolders(canary.key).rollout}/`;
  const files = new Map(below(input.delivered, folder));
  if (change.kind === 'terminated') return withoutOwn(files, folder);
  for (const path of staleEvidence(files, record)) files.delete(path);
  files.set(recordPath(canary.key), formatRecord(record));
  if (REJECTING.has(change.kind)) {
    const images = rejectedImages(input);
    const entries = withRejection(seen.rejected, record, {
      reason: change.reason,
      rejectedAtMs: nowMs,
      ...(input.rejectedForMs === undefined ? {} : { expiresAtMs: nowMs + input.rejectedForMs }),
      ...(evidence === undefined ? {} : { evidence }),
      ...(images.length === 0 ? {} : { images }),
    });
    files.set(rejectedPath(canary.key), formatRejected(entries));
  }
  return files;
}

/** What people put there is theirs. */
function withoutOwn(files: Files, folder: string): Files {
  const own = /^(record\.yaml|rejected\.yaml|evidence\/)/;
  return new Map([...files].filter(([path]) => !own.test(path.slice(folder.length))));
}
