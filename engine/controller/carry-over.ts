import {
  type Layer,
  layerOf,
  TRAFFIC_FOLDER,
  WORKLOADS_FOLDER,
} from '../../constructs/delivery-layers.ts';
import { type Problem, ProblemError } from '../core/errors.ts';
import type { SyncState } from '../core/liveness.ts';
import { isOthersPath, leftTwin, othersTwin } from '../core/paths.ts';
import type { CommitDraft, DeliveryRepository } from '../ports/delivery-repository.ts';
import { changeset, type Files } from '../render/changeset.ts';
import { staysWith, withMarksOf, withPruningOn } from '../render/marks.ts';
import { formatTrailers } from '../render/trailers.ts';
import { readEntries } from './delivery-state.ts';

export interface CarryOver {
  readonly tip: string | undefined;
  readonly sourceCommit: string;
  /** The manifests of the source that belong to no canary, by path. */
  readonly others: Files;
  /** Where the objects of canaries would stand if they belonged to none. */
  readonly claimed: Paths;
  /** What stands elsewhere, or is to: it is neither brought here nor taken away. */
  readonly elsewhere?: Paths | undefined;
  /** Everything that the source holds, by the same paths. */
  readonly held: Files;
  /** Whether every file of the source could be read; otherwise nothing is taken away. */
  readonly complete: boolean;
  readonly nowMs: number;
  /** What each of the trees has been given. */
  readonly synced: (layer: Layer) => Promise<SyncState>;
}

type Paths = Pick<ReadonlySet<string>, 'has'>;

export interface CarriedOver {
  readonly draft?: CommitDraft;
  /** What stands in the way of it on the delivery branch. */
  readonly problems: readonly Problem[];
}

/** Everybody else's commits go on while somebody's file is in the way of these manifests. */
export async function carryOver(
  delivery: DeliveryRepository,
  options: CarryOver,
): Promise<CarriedOver> {
  try {
    const draft = await draftOf(delivery, options);
    return { ...(draft === undefined ? {} : { draft }), problems: [] };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { problems: error.problems };
  }
}

/**
 * The manifests of the source that belong to no canary, carried over unchanged: one commit. Each object
 * stands in one place: what a canary is to take over stays as it is until the canary's own commit
 * moves it, what a canary still has is not written a second time, and what it has left stays in the
 * tree that it was left in.
 */
async function draftOf(
  delivery: DeliveryRepository,
  { tip, sourceCommit, ...source }: CarryOver,
): Promise<CommitDraft | undefined> {
  const lists = [WORKLOADS_FOLDER, TRAFFIC_FOLDER].map((folder) =>
    tip === undefined ? Promise.resolve([]) : delivery.list(tip, folder),
  );
  const entries = (await Promise.all(lists)).flat();
  const before = await readEntries(
    delivery,
    entries.filter(({ path }) => isOthersPath(path)),
  );
  const canaries = entries.filter(({ path }) => !isOthersPath(path));
  const withCanaries = new Set(canaries.map(({ path }) => othersTwin(path) ?? path));
  const standing = new Map(
    [...before].filter(([path]) => !withCanaries.has(othersTwin(path) ?? path)),
  );
  const after = othersAfter(before, withCanaries, source);
  const changes = changeset(
    before,
    await withWaiting(delivery, tip, standing, after, source.synced),
  );
  if (changes.length === 0) return undefined;
  const folders = new Set(changes.map(({ path }) => path.slice(0, path.lastIndexOf('/'))));
  if (tip !== undefined) for (const folder of folders) await delivery.list(tip, folder);
  const noun = changes.length === 1 ? 'manifest' : 'manifests';
  const trailers = formatTrailers([
    { key: 'Decision', value: 'carry-over' },
    { key: 'Source', value: sourceCommit },
  ]);
  const subject = `delivery: carry over ${changes.length} ${noun} that belong to no canary`;
  return { message: `${subject}\n\n${trailers}\n`, changes, atMs: source.nowMs };
}

type Source = Omit<CarryOver, 'tip' | 'sourceCommit'>;

function othersAfter(
  before: Files,
  withCanaries: ReadonlySet<string>,
  { others, claimed, held, complete, elsewhere = new Set() }: Source,
): Files {
  const after = new Map<string, string>();
  for (const [path, text] of before) {
    const home = othersTwin(path) ?? path;
    const isElsewhere = elsewhere.has(home);
    if (withCanaries.has(home) || (others.has(home) && !isElsewhere)) continue;
    const isAsItStands = isElsewhere || !complete || claimed.has(home);
    if (isAsItStands || isAwaited(path, before, withCanaries, claimed)) after.set(path, text);
    else if (isStillServed(path, text, held)) after.set(path, withPruningOn(text));
  }
  for (const [home, text] of others) {
    const left = leftTwin(home);
    const isLeft = left !== undefined && before.has(left);
    if (withCanaries.has(home) || elsewhere.has(home)) continue;
    const standing = isAwaited(home, before, withCanaries, claimed) ? before.get(home) : undefined;
    after.set(isLeft ? left : home, standing === undefined ? text : withMarksOf(standing, text));
  }
  return after;
}

/** A Canary that the source holds no more, and that has not left yet, may come back and take the object. */
function isAwaited(path: string, before: Files, withCanaries: Paths, claimed: Paths): boolean {
  const target = staysWith(before.get(path) ?? '', path.split('/')[1] ?? '');
  return target !== undefined && withCanaries.has(target) && !claimed.has(target);
}

/**
 * Pruning was turned off for an object that is to go after all: it is turned on again first, and the
 * object goes once that is in the cluster, or no agent would ever take it away.
 */
async function withWaiting(
  delivery: DeliveryRepository,
  tip: string | undefined,
  before: Files,
  after: Files,
  synced: CarryOver['synced'],
): Promise<Files> {
  const waiting = new Map<string, string>();
  for (const [path, text] of before) {
    const home = othersTwin(path) ?? path;
    const isMoved = after.has(path) || after.has(home) || after.has(leftTwin(home) ?? home);
    const namespace = path.split('/')[1] ?? '';
    if (isMoved || tip === undefined || staysWith(text, namespace) === undefined) continue;
    const layer = layerOf(path) ?? 'workloads';
    const state = await synced(layer);
    const folder = path.slice(0, path.lastIndexOf('/'));
    const given =
      state.state === 'synced'
        ? await delivery.containment(tip, state.revision, folder, layer)
        : 'behind';
    const prunable = withPruningOn(text);
    if (prunable !== text || given === 'behind') waiting.set(path, prunable);
  }
  return new Map([...after, ...waiting]);
}

/** What a canary has left to those who ask for its target stays as long as there is that target. */
function isStillServed(path: string, text: string, held: Files): boolean {
  const target = staysWith(text, path.split('/')[1] ?? '');
  return target !== undefined && held.has(target);
}
