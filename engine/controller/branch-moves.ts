import type { CanaryKey } from '../../constructs/canary-spec.ts';
import { type Layer, LAYERS, WORKLOADS_FOLDER } from '../../constructs/delivery-layers.ts';
import { branchOfCanary } from '../core/cells.ts';
import { type Leaving, moveStep } from '../core/move.ts';
import { canaryFolders, canaryMovePath, MOVES_FOLDER, othersMovePath } from '../core/paths.ts';
import type { CommitDraft } from '../ports/delivery-repository.ts';
import { changeset, type Files } from '../render/changeset.ts';
import { formatMove, isManifest, keptFiles, type Move, parseMove } from '../render/move-files.ts';
import { formatTrailers } from '../render/trailers.ts';
import { readCanaryFiles, readEntries } from './delivery-state.ts';
import type { Cells, EnginePorts } from './engine-ports.ts';
import type { OpenedCell, OpenedPass } from './open-pass.ts';
import type { Others } from './others.ts';

/** What a pass does for canaries that stand on a branch they do not belong on. */
export interface Moves {
  /** Commits by branch. */
  readonly drafts: ReadonlyMap<string, readonly CommitDraft[]>;
  /** Canaries that nothing else is decided for meanwhile, and what they wait for. */
  readonly held: ReadonlyMap<CanaryKey, string>;
  /** Branches that what belongs to no canary is on its way to: nothing is carried over to them. */
  readonly othersHeld: ReadonlySet<string>;
}

const NO_MOVES: Moves = { drafts: new Map(), held: new Map(), othersHeld: new Set() };

/** So many begin to move in one pass: all that follows a branch is applied again for each. */
const BEGINNING_MAX = 20;

/** What moves together: a canary, or what belongs to none. */
interface Unit {
  readonly canary: CanaryKey | undefined;
  readonly from: string;
  readonly to: string;
  /** Where they stand, if they belong to no canary. */
  readonly paths: readonly string[];
  readonly movePath: string;
  readonly isUnderWay: boolean;
}

/** Looks for whom does not stand where it belongs, and takes each a step further. */
export async function planMoves(
  ports: EnginePorts,
  opened: OpenedPass,
  others: Others,
): Promise<Moves> {
  const { cells } = ports;
  if (cells === undefined) return NO_MOVES;
  const units = await unitsOf(cells, opened, others);
  const drafts = new Map<string, CommitDraft[]>();
  const held = new Map<CanaryKey, string>();
  const othersHeld = new Set<string>();
  let beginning = 0;
  for (const unit of units) {
    const edited = editedOn(unit, opened);
    if (unit.canary !== undefined && edited !== undefined) {
      // Where it is looked after that is told, or healed, with everything else of it.
      const isTold = edited === opened.branchOf(unit.canary);
      if (!isTold)
        held.set(unit.canary, `for what was edited on ${edited} to be put back, to move`);
      continue;
    }
    if (unit.canary === undefined) othersHeld.add(unit.to);
    else if (!unit.isUnderWay && (beginning += 1) > BEGINNING_MAX) continue;
    const step = await stepSafely(opened, unit, ports.clock.nowMs());
    const why = typeof step === 'string' ? `${step}, to move` : 'to move';
    for (const canary of concerned(unit, opened)) {
      held.set(canary, `${why} from ${unit.from} to ${unit.to}`);
    }
    if (typeof step === 'string') continue;
    for (const [branch, draft] of step) {
      drafts.set(branch, [...(drafts.get(branch) ?? []), draft]);
    }
  }
  return { drafts, held, othersHeld };
}

/** A branch on which somebody else has edited its files: to move them would undo that, or spread it. */
function editedOn({ canary }: Unit, { cells }: OpenedPass): string | undefined {
  if (canary === undefined) return undefined;
  const [found] = [...cells].filter(([, { context }]) => context.edits.has(canary));
  return found?.[0];
}

/** Canaries that wait for a unit: it is theirs, or they are to take it over. */
function concerned({ canary, paths }: Unit, { loaded }: OpenedPass): readonly CanaryKey[] {
  return canary === undefined ? paths.flatMap((path) => loaded.claimed.get(path) ?? []) : [canary];
}

async function unitsOf(cells: Cells, opened: OpenedPass, others: Others): Promise<readonly Unit[]> {
  const units = new Map<string, Unit>();
  for (const unit of await unitsUnderWay(opened)) units.set(unit.movePath, unit);
  for (const [canary, branches] of opened.standing) {
    const to = branchOfCanary(cells.layout, canary);
    const from = branches.find((branch) => branch !== to);
    const state = opened.states.get(canary);
    const movePath = canaryMovePath(canary);
    if (from === undefined || units.has(movePath)) continue;
    const isAtRest = state?.kind === 'sound' && state.record?.awaiting === 'revision';
    if (isAtRest) units.set(movePath, { canary, from, to, paths: [], movePath, isUnderWay: false });
  }
  for (const unit of otherUnits(others)) {
    if (!units.has(unit.movePath)) units.set(unit.movePath, unit);
  }
  return [...units.values()].toSorted((a, b) => Number(b.isUnderWay) - Number(a.isUnderWay));
}

async function unitsUnderWay({ cells }: OpenedPass): Promise<readonly Unit[]> {
  const found = await Promise.all(
    [...cells.values()].map(async ({ ports, context: { tip } }) => {
      if (tip === undefined) return [];
      const files = await readEntries(ports.delivery, await ports.delivery.list(tip, MOVES_FOLDER));
      return [...files].flatMap(([movePath, text]): readonly Unit[] => {
        const move = parseMove(text);
        if (move === undefined) return [];
        const { from, to, paths = [] } = move;
        const name = movePath.slice(MOVES_FOLDER.length + 1, -'.yaml'.length);
        const canary = name.startsWith('_others/') ? undefined : (name as CanaryKey);
        return [{ canary, from, to, paths, movePath, isUnderWay: true }];
      });
    }),
  );
  return found.flat();
}

/** What belongs to no canary and stands on a branch it does not belong on. */
function otherUnits({ standing, wantedOn }: Others): readonly Unit[] {
  return [...standing].flatMap(([from, all]) => {
    const byBranch = Map.groupBy(all, (path) => wantedOn(path) ?? from);
    return [...byBranch].flatMap(([to, paths]): readonly Unit[] => {
      if (to === from) return [];
      const movePath = othersMovePath(from, to);
      return [{ canary: undefined, from, to, paths, movePath, isUnderWay: false }];
    });
  });
}

/** What cannot be moved stays where it is, and moves nobody else's. */
async function stepSafely(
  ...args: Parameters<typeof stepOf>
): Promise<readonly BranchDraft[] | string> {
  try {
    const drafts = await stepOf(...args);
    return typeof drafts === 'string'
      ? drafts
      : drafts.filter(([, { changes }]) => changes.length > 0);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

interface Side {
  readonly cell: OpenedCell;
  readonly files: Files;
  readonly move: Move | undefined;
}

async function sideOf(cell: OpenedCell | undefined, unit: Unit): Promise<Side | undefined> {
  if (cell === undefined) return undefined;
  const { tip } = cell.context;
  if (tip === undefined) return { cell, files: new Map(), move: undefined };
  const { delivery } = cell.ports;
  const files = await unitFiles(unit, cell, tip);
  const moves = await readEntries(delivery, await delivery.list(tip, MOVES_FOLDER));
  return { cell, files, move: parseMove(moves.get(unit.movePath)) };
}

async function unitFiles(
  { canary, paths }: Unit,
  { ports: { delivery } }: OpenedCell,
  commit: string,
): Promise<Files> {
  if (canary !== undefined) return readCanaryFiles(delivery, commit, canary);
  const entries = await delivery.list(commit, WORKLOADS_FOLDER);
  const own = entries.filter(({ path }) => paths.includes(path));
  return readEntries(delivery, own);
}

/** The commits of the next step, or what it waits for. */
async function stepOf(
  { cells, gone }: OpenedPass,
  unit: Unit,
  nowMs: number,
): Promise<readonly BranchDraft[] | string> {
  const [source, target] = await Promise.all([
    sideOf(cells.get(unit.from), unit),
    sideOf(cells.get(unit.to), unit),
  ]);
  const lost = [unit.from, unit.to].find((branch) => gone.has(branch));
  if (lost !== undefined) return `for ${lost} to be there again`;
  if (source === undefined || target === undefined) {
    return `for ${source === undefined ? unit.from : unit.to} to be among delivery.previous`;
  }
  const commit = source.move?.commit ?? target.move?.commit ?? source.cell.context.tip ?? '';
  const paths = unit.canary === undefined ? { paths: unit.paths } : {};
  const move = { from: unit.from, to: unit.to, commit, ...paths };
  const kept = source.move === undefined ? keptFiles(source.files) : source.files;
  const leaving: Leaving =
    source.files.size === 0 ? 'gone' : source.move === undefined ? 'plain' : 'kept';
  const isSame = target.move !== undefined && changeset(target.files, kept).length === 0;
  const step = moveStep({
    leaving,
    arriving: target.files.size === 0 ? 'nothing' : isSame ? 'same' : 'other',
    isApplied: {
      from: await isApplied(source, unit),
      to: await isApplied(target, unit),
    },
  });
  const draft = (branch: string, verb: Verb, before: Files, after: Files): BranchDraft => [
    branch,
    moveDraft(unit, move, verb, changeset(before, after), nowMs),
  ];
  const marked = (files: Files, mark: Move | undefined) =>
    mark === undefined ? files : new Map([...files, [unit.movePath, formatMove(mark)]]);
  const there = marked(target.files, target.move);
  switch (step.kind) {
    case 'wait':
      return step.why;
    case 'bring': {
      const copy = draft(unit.to, 'copy', there, marked(kept, move));
      if (leaving === 'kept') return [copy];
      return [draft(unit.from, 'keep', source.files, marked(kept, move)), copy];
    }
    case 'leave':
      return [draft(unit.from, 'leave', marked(source.files, source.move), new Map())];
    case 'settle': {
      const before = await unitFiles(unit, source.cell, commit);
      const manifests = [...before].filter(([path]) => isManifest(path));
      const rest = [...target.files].filter(([path]) => !isManifest(path));
      return [draft(unit.to, 'settle', there, new Map([...manifests, ...rest]))];
    }
  }
}

type BranchDraft = readonly [branch: string, draft: CommitDraft];

/** Whether the agent holds the unit in all layers as its branch has it now. */
async function isApplied({ cell, files }: Side, { canary }: Unit): Promise<boolean> {
  const { ports, context } = cell;
  const { tip } = context;
  if (tip === undefined) return files.size === 0;
  const folderOf = (layer: Layer) => {
    if (canary === undefined) return layer === 'workloads' ? WORKLOADS_FOLDER : undefined;
    return canaryFolders(canary)[layer === 'workloads' ? 'workloads' : 'traffic'];
  };
  const answers = await Promise.all(
    LAYERS.map(async (layer) => {
      const folder = folderOf(layer);
      if (folder === undefined) return true;
      const state = await ports.sync.synced(layer);
      if (state.state === 'unknown') return false;
      const { revision } = state;
      return (await ports.delivery.containment(tip, revision, folder, layer)) === 'contained';
    }),
  );
  return answers.every(Boolean);
}

type Verb = 'keep' | 'copy' | 'leave' | 'settle';

const WORDS: Readonly<Record<Verb, string>> = {
  keep: 'keep its objects while it moves to',
  copy: 'arrive from',
  leave: 'leave for',
  settle: 'settle, moved from',
};

function moveDraft(
  { canary }: Unit,
  { from, to, commit }: Move,
  verb: Verb,
  changes: CommitDraft['changes'],
  atMs: number,
): CommitDraft {
  const [namespace = '', name = ''] = canary?.split('/') ?? [];
  const who = canary === undefined ? 'delivery' : `${name}.${namespace}`;
  const what = canary === undefined ? ' (what belongs to no canary)' : '';
  const other = verb === 'keep' || verb === 'leave' ? to : from;
  const trailers = formatTrailers([
    ...(canary === undefined ? [] : [{ key: 'Canary', value: canary }]),
    { key: 'Decision', value: 'move' },
    { key: 'Move', value: verb },
    { key: 'Moved-From', value: from },
    { key: 'Moved-To', value: to },
    { key: 'Moved-At', value: commit },
  ]);
  const message = `${who}: ${WORDS[verb]} ${other}${what}\n\n${trailers}\n`;
  return { message, changes, atMs };
}
