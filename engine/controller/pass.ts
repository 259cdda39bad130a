import pMap from 'p-map';
import type { CanaryKey, CanarySpec } from '../../constructs/canary-spec.ts';
import type { LoadedSource } from '../config/load-source.ts';
import { backoffMs } from '../core/backoff.ts';
import { InternalError, type Problem, ProblemError } from '../core/errors.ts';
import type { CommitDraft } from '../ports/delivery-repository.ts';
import type { SecretReader } from '../ports/secret-reader.ts';
import { announceWaits } from './announce.ts';
import { carryOver } from './carry-over.ts';
import type { CanaryState } from './delivery-state.ts';
import type { EnginePorts } from './engine-ports.ts';
import { enqueue, isUndelivered } from './enqueue.ts';
import { EngineMemory } from './memory.ts';
import type { PassContext } from './observe.ts';
import { type OpenedPass, openPass } from './open-pass.ts';
import { tellLateNews } from './late-news.ts';
import { recordStandings } from './record-telemetry.ts';
import { readAhead } from './read-ahead.ts';
import { type Proposal, reconcile } from './reconcile.ts';
import type { CanaryResult, PassResult, PassTrouble } from './result.ts';
import { showStatus } from './show-status.ts';
import { waitNews } from './wait-news.ts';
import { takeBackRejected } from './take-back.ts';
import { type PushFailure, Waves } from './waves.ts';

/** What a pass would do: the same value is shown by `status` and carried out by `run`. */
export interface PassPlan {
  readonly tip: string | undefined;
  readonly proposals: readonly Proposal[];
  /** What is wanted of each canary that could be read. */
  readonly specs: ReadonlyMap<CanaryKey, CanarySpec>;
  readonly problems: readonly Problem[];
  readonly drafts: readonly CommitDraft[];
  /** Credentials as they are in force. */
  readonly secrets: SecretReader | undefined;
  /** Why nothing could be planned. */
  readonly trouble?: PassTrouble;
}

/** Canaries that are observed at the same time. */
const CONCURRENCY = 32;
/** Lost races in a row before the pass gives up and leaves it to the next one. */
const RACES_MAX = 6;
/** Agents poll every minute or so; asking twice as often costs them nothing. */
const POKE_AGAIN_MS = 30_000;

/** Reads source and delivery branch and decides for every canary. Nothing is written. */
export async function planPass(
  ports: EnginePorts,
  memory: EngineMemory = new EngineMemory(),
  asks: PassContext['asks'] = 'everybody',
): Promise<PassPlan> {
  const opened = await openPass(ports, memory, asks);
  if ('trouble' in opened) return { ...NOTHING_PLANNED, trouble: opened.trouble };
  const { proposals, others, problems } = await survey(ports, opened);
  const urgentFirst = proposals.toSorted((a, b) => Number(b.urgent) - Number(a.urgent));
  const drafts = urgentFirst.flatMap((proposal) => proposal.drafts);
  return {
    ...foundOf(opened, problems),
    proposals,
    drafts: [...drafts, ...(others === undefined ? [] : [others])],
  };
}

const NOTHING_PLANNED = {
  tip: undefined,
  proposals: [],
  specs: new Map(),
  problems: [],
  drafts: [],
  secrets: undefined,
} as const;

function foundOf(
  { context, loaded }: OpenedPass,
  problems: readonly Problem[] = [],
): Omit<PassPlan, 'proposals' | 'drafts'> {
  return {
    tip: context.tip,
    specs: new Map(loaded.canaries.map(({ key, spec }) => [key, spec])),
    problems: [...loaded.problems, ...problems],
    secrets: context.secrets,
  };
}

interface Survey {
  readonly proposals: readonly Proposal[];
  /** What belongs to no canary. */
  readonly others: CommitDraft | undefined;
  /** What keeps it from being carried over. */
  readonly problems: readonly Problem[];
}

/** Looks at every canary. Each proposal is handed on as soon as it is there, until nobody wants more. */
async function survey(ports: EnginePorts, opened: OpenedPass, waves?: Waves): Promise<Survey> {
  await readAhead(ports.delivery, opened);
  const { context, loaded, states } = opened;
  const proposals = await pMap(
    loaded.canaries,
    async (canary) => {
      const state = states.get(canary.key);
      if (waves?.failure !== undefined) return notLookedAt(canary, state);
      const proposal = await reconcileSafely(ports, context, canary, state);
      waves?.offer(proposal);
      return proposal;
    },
    { concurrency: CONCURRENCY },
  );
  const nowMs = ports.clock.nowMs();
  const carried = await carryOver(ports.delivery, { ...context, ...loaded, nowMs });
  return {
    proposals: [...proposals, ...leftAlone(loaded, states)],
    others: carried.draft,
    problems: carried.problems,
  };
}

function notLookedAt(
  { key: canary }: LoadedSource['canaries'][number],
  state: CanaryState | undefined,
): Proposal {
  const record = state?.kind === 'sound' ? state.record : undefined;
  const result = { kind: 'retry', why: 'the pass ended before its turn' } as const;
  return { outcome: { canary, record, result }, drafts: [], urgent: false, taken: [] };
}

/** One canary's trouble never stops another's. */
async function reconcileSafely(
  ports: EnginePorts,
  context: PassContext,
  canary: LoadedSource['canaries'][number],
  state: CanaryState | undefined,
): Promise<Proposal> {
  try {
    return await reconcile(ports, context, canary, state);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    ports.logger.error('a canary could not be reconciled', { canary: canary.key, why });
    const result = resultOfError(error, why);
    const record = state?.kind === 'sound' ? state.record : undefined;
    return {
      outcome: { canary: canary.key, record, result },
      drafts: [],
      urgent: false,
      taken: [],
    };
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
function leftAlone(
  loaded: LoadedSource,
  states: ReadonlyMap<CanaryKey, CanaryState>,
): readonly Proposal[] {
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
      const record = state?.kind === 'sound' ? state.record : undefined;
      const result = {
        kind: 'blocked',
        why: problem?.message ?? 'the source does not hold this canary any more',
        remedy: problem?.remedy ?? 'put it back, or remove its folders from the delivery branch',
      } as const;
      return { outcome: { canary: key, record, result }, drafts: [], urgent: false, taken: [] };
    });
}

/**
 * One pass: look at everybody, publish what is decided, and, when somebody else was faster,
 * everything again from the start.
 */
export async function runPass(
  ports: EnginePorts,
  memory: EngineMemory = new EngineMemory(),
): Promise<PassResult> {
  try {
    for (let race = 0; ; race += 1) {
      const opened = await openPass(ports, memory);
      if ('trouble' in opened) return resultOf(memory, { ...NOTHING_PLANNED, ...opened });
      await tellLateNews(ports, memory, foundOf(opened), opened.states);
      const waves = new Waves(ports, memory, foundOf(opened));
      const found = await survey(ports, opened, waves);
      await waves.finish(found.others);
      const { failure } = waves;
      if (failure?.kind !== 'stale' || race >= RACES_MAX) {
        return await ended(ports, memory, { ...opened, ...found }, waves);
      }
      ports.logger.info('the delivery branch moved, deciding again', { race, why: failure.why });
      const waitMs = backoffMs(race, { baseMs: 50, capMs: 2_000 }, ports.random);
      await ports.clock.sleep(waitMs);
    }
  } finally {
    memory.evaluations.forgetGiven();
  }
}

/** A poke may be lost, and some commit may have been waited for ever since. */
async function pokeAgain(
  { sync, clock }: EnginePorts,
  memory: EngineMemory,
  proposals: readonly Proposal[],
): Promise<void> {
  const isWaitedFor = proposals.some(
    ({ outcome: { result } }) => result.kind === 'waiting' && result.notLiveYet === true,
  );
  const nowMs = clock.nowMs();
  if (!isWaitedFor || nowMs - (memory.pokedMs ?? -Infinity) < POKE_AGAIN_MS) return;
  memory.pokedMs = nowMs;
  await sync.poke();
}

async function ended(
  ports: EnginePorts,
  memory: EngineMemory,
  pass: OpenedPass & Survey,
  waves: Waves,
): Promise<PassResult> {
  const found = foundOf(pass, pass.problems);
  const trouble = waves.failure && troubleOf(ports, waves.failure);
  enqueue(memory, pass, waves, ports.clock.nowMs());
  const proposals = pass.proposals.map((each) =>
    isUndelivered(each, waves) ? undelivered(each, memory, trouble) : each,
  );
  if (trouble === undefined) {
    recordStandings(ports.telemetry, memory, { ...found, proposals });
    await pokeAgain(ports, memory, proposals);
    const news = waitNews(memory, proposals, found.specs, ports.clock.nowMs());
    announceWaits(ports, news, found.secrets);
    const unshown = proposals.filter(({ drafts }) => !drafts.some((each) => waves.isPushed(each)));
    await showStatus(ports.status, { ...found, proposals: unshown, news });
    await takeBackRejected(ports, memory, pass);
  }
  return resultOf(memory, { proposals, problems: found.problems, trouble });
}

function troubleOf({ logger }: EnginePorts, failure: PushFailure): PassTrouble {
  const { kind: outcome, why } = failure;
  if (failure.kind === 'rejected') {
    const { remedy } = failure;
    logger.error('the push was refused', { why, remedy });
    return { kind: 'blocked', why, remedy };
  }
  logger.warn('the push did not go through', { outcome, why });
  return { ...failure, kind: 'retry' };
}

/** A decision that did not reach the remote was not taken: the canary tries again. */
function undelivered(
  proposal: Proposal,
  { queue }: EngineMemory,
  trouble: PassTrouble | undefined,
): Proposal {
  const { canary } = proposal.outcome;
  const before = proposal.taken[0]?.before;
  return {
    ...proposal,
    outcome: { canary, record: before, result: trouble ?? queue.resultOf(canary) },
    taken: [],
  };
}

function resultOf(
  { queue }: EngineMemory,
  {
    proposals,
    problems,
    trouble,
  }: Pick<PassPlan, 'proposals' | 'problems'> & { readonly trouble: PassTrouble | undefined },
): PassResult {
  return {
    canaries: proposals.map(({ outcome }) => outcome),
    problems,
    queue: queue.decisions,
    ...(trouble === undefined ? {} : { trouble }),
  };
}
