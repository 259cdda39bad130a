import pMap from 'p-map';
import type { CanaryKey } from '../../constructs/canary-spec.ts';
import type { LoadedSource } from '../config/load-source.ts';
import { assertInvariant, InternalError, type Problem, ProblemError } from '../core/errors.ts';
import type { CommitDraft } from '../ports/delivery-repository.ts';
import { planMoves } from './branch-moves.ts';
import { carryOver } from './carry-over.ts';
import type { CanaryState } from './delivery-state.ts';
import type { EnginePorts } from './engine-ports.ts';
import type { PassContext } from './observe.ts';
import { branchGone, type OpenedPass } from './open-pass.ts';
import type { EngineMemory } from './memory.ts';
import { findOthers, type Others } from './others.ts';
import { readAhead } from './read-ahead.ts';
import { damageOf, type Proposal, reconcile } from './reconcile.ts';
import { reconcileEdited } from './reconcile-edited.ts';
import type { CanaryResult } from './result.ts';
import type { OtherDrafts, Waves } from './waves.ts';

/** Canaries that are observed at the same time. */
const CONCURRENCY = 32;

export interface Survey {
  readonly proposals: readonly Proposal[];
  /** What belongs to no canary, and what moves. */
  readonly others: OtherDrafts;
  /** What keeps it from being carried over. */
  readonly problems: readonly Problem[];
}

/** Looks at every canary. Each proposal is handed on as soon as it is there, until nobody wants more. */
export async function survey(
  ports: EnginePorts,
  memory: EngineMemory,
  opened: OpenedPass,
  waves?: Waves,
  isWanted: (branch: string) => boolean = () => true,
): Promise<Survey> {
  await readAhead(opened);
  const { states } = opened;
  const whereabouts = await findOthers(ports, opened, memory);
  const moves = await planMoves(ports, opened, whereabouts);
  const wanted = branchByBranch(opened).filter(({ key }) => isWanted(opened.branchOf(key)));
  const turns = new Turns();
  const proposals = await pMap(
    wanted,
    async (canary) => {
      await turns.next();
      const state = states.get(canary.key);
      const branch = opened.branchOf(canary.key);
      if (opened.gone.has(branch)) return standstill(canary, state, branchGone(branch));
      const why = moves.held.get(canary.key);
      if (why !== undefined) return standstill(canary, state, { kind: 'waiting', why });
      const cell = opened.cells.get(branch);
      assertInvariant(cell !== undefined, `${canary.key} stands on ${branch}, which was not read`);
      await waves?.room();
      if (waves?.failureOn(branch) !== undefined) {
        const left = standstill(canary, state, NOT_LOOKED_AT);
        waves.offer(left);
        return left;
      }
      const proposal = await reconcileSafely(cell.ports, cell.context, canary, state);
      waves?.offer(proposal);
      return proposal;
    },
    { concurrency: CONCURRENCY },
  );
  const mayCarry = (branch: string) =>
    isWanted(branch) && !moves.othersHeld.has(branch) && !opened.gone.has(branch);
  const { others, problems } = await carryOverAll(ports, opened, whereabouts, mayCarry);
  const branches = new Set([...moves.drafts.keys(), ...others.keys()]);
  const drafts = [...branches].map((branch) => {
    const carried = others.get(branch);
    const all = [...(moves.drafts.get(branch) ?? []), ...(carried === undefined ? [] : [carried])];
    return [branch, all] as const;
  });
  return { proposals, others: new Map(drafts), problems };
}

/** So that a push that goes out meanwhile is for few branches: each costs the server something of its own. */
function branchByBranch({ loaded, cells, branchOf }: OpenedPass): LoadedSource['canaries'] {
  if (cells.size === 1) return loaded.canaries;
  return [...Map.groupBy(loaded.canaries, ({ key }) => branchOf(key)).values()].flat();
}

/**
 * One after the other: what is looked at may need no waiting at all, and between two of them pushes
 * that are under way, and answers that came meanwhile, have their turn.
 */
class Turns {
  #last: Promise<void> = Promise.resolve();

  next(): Promise<void> {
    this.#last = this.#last.then(() => new Promise((resolve) => void setImmediate(resolve)));
    return this.#last;
  }
}

async function carryOverAll(
  ports: EnginePorts,
  { cells, loaded, sourceCommit }: OpenedPass,
  { carriedOn, isElsewhere }: Others,
  isWanted: (branch: string) => boolean,
): Promise<{
  readonly others: ReadonlyMap<string, CommitDraft>;
  readonly problems: readonly Problem[];
}> {
  const nowMs = ports.clock.nowMs();
  const drafts = new Map<string, CommitDraft>();
  const problems: Problem[] = [];
  const { claimed, held, complete } = loaded;
  for (const [branch, { ports: own, context }] of cells) {
    if (!isWanted(branch)) continue;
    const { tip } = context;
    const others = new Map([...loaded.others].filter(([path]) => carriedOn(path) === branch));
    const elsewhere = { has: (path: string) => isElsewhere(path, branch) };
    const carried = await carryOver(own.delivery, {
      tip,
      sourceCommit,
      others,
      claimed,
      elsewhere,
      held,
      complete,
      nowMs,
      synced: (tree) => own.sync.synced(tree),
    });
    if (carried.draft !== undefined) drafts.set(branch, carried.draft);
    problems.push(...carried.problems);
  }
  return { others: drafts, problems };
}

/** Nothing is decided for a canary in this pass. */
function standstill(
  { key: canary }: Pick<LoadedSource['canaries'][number], 'key'>,
  state: CanaryState | undefined,
  result: CanaryResult['result'],
): Proposal {
  const record = state?.kind === 'sound' ? state.record : undefined;
  return { outcome: { canary, record, result }, drafts: [], urgent: false, taken: [] };
}

const NOT_LOOKED_AT = { kind: 'retry', why: 'the pass ended before its turn' } as const;

/** One canary's trouble never stops another's. */
async function reconcileSafely(
  ports: EnginePorts,
  context: PassContext,
  canary: LoadedSource['canaries'][number],
  state: CanaryState | undefined,
): Promise<Proposal> {
  try {
    const edits = context.edits.get(canary.key);
    return await (edits === undefined
      ? reconcile(ports, context, canary, state)
      : reconcileEdited(ports, context, canary, state, edits));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    ports.logger.error('a canary could not be reconciled', { canary: canary.key, why });
    return standstill(canary, state, resultOfError(error, why));
  }
}

function resultOfError(error: unknown, why: string): CanaryResult['result'] {
  if (error instanceof InternalError) {
    return { kind: 'blocked', why, remedy: 'this is a bug in Serin: please report it' };
  }
  if (!(error instanceof ProblemError)) return { kind: 'retry', why };
  return { kind: 'blocked', why, remedy: error.problems.map(({ remedy }) => remedy).join('; ') };
}

/** Canaries that are delivered but cannot be read from the source: they stay as they are. */
export function leftAlone({
  loaded,
  states,
}: Pick<OpenedPass, 'loaded' | 'states'>): readonly Proposal[] {
  const readable = new Set(loaded.canaries.map((canary) => canary.key));
  const unreadable = new Map<CanaryKey, Problem>();
  for (const problem of loaded.problems) {
    if (problem.canary !== undefined) unreadable.set(problem.canary, problem);
  }
  const keys = new Set([...states.keys(), ...unreadable.keys()]);
  return [...keys]
    .filter((key) => !readable.has(key))
    .map((key) => {
      const state = states.get(key);
      const problem = unreadable.get(key);
      const result =
        problem === undefined
          ? whyLeftAlone(state, loaded.complete)
          : ({ kind: 'blocked', why: problem.message, remedy: problem.remedy } as const);
      return standstill({ key }, state, result);
    });
}

/** A Canary that has left the source leaves by itself, unless it cannot be known that it has. */
function whyLeftAlone(state: CanaryState | undefined, complete: boolean): CanaryResult['result'] {
  if (state?.kind === 'damaged') return damageOf(state);
  if (!complete) {
    return {
      kind: 'blocked',
      why: 'the source does not hold this canary, and could not be read completely: it stays as it is',
      remedy: 'correct the files that `serin validate` names',
    };
  }
  return {
    kind: 'blocked',
    why: 'this canary has left the source, and its target there cannot be read: it stays as it is',
    remedy:
      'correct the target in the source, or remove it as well; the canary leaves by itself then',
  };
}
