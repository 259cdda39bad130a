import type { CanaryKey } from '../../constructs/canary-spec.ts';
import { TRAFFIC_FOLDER, WORKLOADS_FOLDER } from '../../constructs/delivery-layers.ts';
import { editedBy, type Edits, type FileIds, NO_EDITS, writtenOver } from '../core/edits.ts';
import { ProblemError } from '../core/errors.ts';
import { type BranchStep, mainline } from '../core/mainline.ts';
import { canaryFolders, isEnginesFile, recordPath, ROLLOUTS_FOLDER } from '../core/paths.ts';
import type {
  DeliveryCommit,
  DeliveryRepository,
  FolderItem,
} from '../ports/delivery-repository.ts';
import { trailerValue } from '../render/trailers.ts';

/**
 * How far back a start looks for edits. What stood there before has been taken for the engine's own: a
 * bound, so that a start costs the same however old the branch is.
 */
const COMMITS_LOOKED_BACK = 10_000;

type Step = BranchStep<DeliveryCommit>;
type EditsByCanary = ReadonlyMap<CanaryKey, Edits>;

/**
 * The files of the engine that somebody else has edited on one branch. Only commits that this engine did
 * not push are looked at: all since the tip that it knows, or, after a start, those of the recent past.
 * Both lead to the same, because what counts is which files differ from what the engine last wrote.
 */
export class OwnedEdits {
  #tip: string | undefined;
  #edits: EditsByCanary = new Map();

  /** The edits that stand at a commit. */
  async at(delivery: DeliveryRepository, tip: string | undefined): Promise<EditsByCanary> {
    if (tip === this.#tip) return this.#edits;
    const since = tip === undefined ? [] : await this.#stepsTo(delivery, tip);
    const recent = tip === undefined ? [] : (since ?? (await recentSteps(delivery, tip)));
    const edits = new Map(since === undefined ? [] : this.#edits);
    for (const step of recent) await take(edits, delivery, step);
    this.#tip = tip;
    this.#edits = edits;
    return edits;
  }

  /** This engine has moved the branch. What it wrote over somebody's edit has to be looked at. */
  pushed(onto: string | undefined, tip: string, canaries: readonly CanaryKey[]): void {
    const isKnown = this.#tip === onto && !canaries.some((canary) => this.#edits.has(canary));
    if (isKnown) this.#tip = tip;
  }

  /** Nothing where the branch did not go through what is known of it: people can rewind it. */
  async #stepsTo(delivery: DeliveryRepository, tip: string): Promise<readonly Step[] | undefined> {
    const known = this.#tip;
    if (known === undefined) return undefined;
    const query = { from: tip, after: known, limit: COMMITS_LOOKED_BACK };
    const steps = mainline(await delivery.history(query), isEngines, known);
    return steps[0]?.parent === known ? steps : undefined;
  }
}

async function recentSteps(delivery: DeliveryRepository, tip: string): Promise<readonly Step[]> {
  const commits = await delivery.history({ from: tip, limit: COMMITS_LOOKED_BACK });
  return mainline(commits, isEngines);
}

function isEngines({ trailers }: DeliveryCommit): boolean {
  return trailerValue(trailers, 'Decision') !== undefined;
}

async function take(
  edits: Map<CanaryKey, Edits>,
  delivery: DeliveryRepository,
  { commit, parent }: Step,
): Promise<void> {
  const isOwn = isEngines(commit);
  const own = trailerValue(commit.trailers, 'Canary') as CanaryKey | undefined;
  const canaries = isOwn
    ? [...edits.keys()].filter((canary) => canary === own)
    : await changedCanaries(delivery, parent, commit.commit);
  for (const canary of canaries) {
    const known = edits.get(canary) ?? NO_EDITS;
    const [before, after] = await Promise.all([
      enginesFiles(delivery, parent, canary),
      enginesFiles(delivery, commit.commit, canary),
    ]);
    // Where there is no record nothing is the engine's yet.
    if (known.size === 0 && !before.has(recordPath(canary))) continue;
    const next = isOwn ? writtenOver(known, before, after) : editedBy(known, commit, before, after);
    if (next.size === 0) edits.delete(canary);
    else edits.set(canary, next);
  }
}

/** Canaries with a folder that a commit has changed: found by the ids of folders alone. */
async function changedCanaries(
  delivery: DeliveryRepository,
  before: string,
  after: string,
): Promise<readonly CanaryKey[]> {
  const found = new Set<CanaryKey>();
  for (const tree of [WORKLOADS_FOLDER, TRAFFIC_FOLDER, ROLLOUTS_FOLDER]) {
    for (const namespace of await changedFolders(delivery, before, after, tree)) {
      const folder = `${tree}/${namespace}`;
      for (const name of await changedFolders(delivery, before, after, folder)) {
        found.add(`${namespace}/${name}`);
      }
    }
  }
  return [...found];
}

async function changedFolders(
  delivery: DeliveryRepository,
  before: string,
  after: string,
  folder: string,
): Promise<readonly string[]> {
  const [old, now] = await Promise.all(
    [before, after].map((commit) => orNothing(delivery.items(commit, folder))),
  );
  const ids = new Map(now?.map(({ name, id }) => [name, id]));
  const isChanged = ({ name, id, isFolder }: FolderItem) => isFolder && ids.get(name) !== id;
  const known = new Set(old?.map(({ name }) => name));
  const added = now?.filter(({ name, isFolder }) => isFolder && !known.has(name)) ?? [];
  return [...(old?.filter(isChanged) ?? []), ...added].map(({ name }) => name);
}

async function enginesFiles(
  delivery: DeliveryRepository,
  commit: string,
  canary: CanaryKey,
): Promise<FileIds> {
  const lists = await Promise.all(
    Object.values(canaryFolders(canary)).map((folder) => orNothing(delivery.list(commit, folder))),
  );
  const own = lists.flat().filter(({ path }) => isEnginesFile(canary, path));
  return new Map(own.map(({ path, blob }) => [path, blob]));
}

/** Where somebody's file stands in place of a folder, nothing of the engine's is left in it. */
async function orNothing<T>(items: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await items;
  } catch (error) {
    if (error instanceof ProblemError) return [];
    throw error;
  }
}
