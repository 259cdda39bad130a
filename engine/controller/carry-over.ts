import { type Problem, ProblemError } from '../core/errors.ts';
import { isOthersPath, othersTwin, WORKLOADS_FOLDER } from '../core/paths.ts';
import type { CommitDraft, DeliveryRepository } from '../ports/delivery-repository.ts';
import { changeset, type Files } from '../render/changeset.ts';
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
  /** Whether every file of the source could be read; otherwise nothing is taken away. */
  readonly complete: boolean;
  readonly nowMs: number;
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
 * moves it, and what a canary still has is not written a second time.
 */
async function draftOf(
  delivery: DeliveryRepository,
  { tip, sourceCommit, others, claimed, elsewhere = new Set(), complete, nowMs }: CarryOver,
): Promise<CommitDraft | undefined> {
  const entries = tip === undefined ? [] : await delivery.list(tip, WORKLOADS_FOLDER);
  const before = await readEntries(
    delivery,
    entries.filter(({ path }) => isOthersPath(path)),
  );
  const withCanaries = new Set(entries.map(({ path }) => othersTwin(path)));
  const wanted = [...others].filter(([path]) => !withCanaries.has(path) && !elsewhere.has(path));
  const isKept = (path: string) =>
    elsewhere.has(path) || (!withCanaries.has(path) && (!complete || claimed.has(path)));
  const kept = [...before].filter(([path]) => isKept(path));
  const changes = changeset(before, new Map([...kept, ...wanted]));
  if (changes.length === 0) return undefined;
  const folders = new Set(changes.map(({ path }) => path.slice(0, path.lastIndexOf('/'))));
  if (tip !== undefined) for (const folder of folders) await delivery.list(tip, folder);
  const noun = changes.length === 1 ? 'manifest' : 'manifests';
  const trailers = formatTrailers([
    { key: 'Decision', value: 'carry-over' },
    { key: 'Source', value: sourceCommit },
  ]);
  const subject = `delivery: carry over ${changes.length} ${noun} that belong to no canary`;
  return { message: `${subject}\n\n${trailers}\n`, changes, atMs: nowMs };
}
