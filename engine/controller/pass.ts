import type { CanaryKey, CanarySpec } from '../../constructs/canary-spec.ts';
import { LAYERS } from '../../constructs/delivery-layers.ts';
import { backoffMs } from '../core/backoff.ts';
import type { Problem } from '../core/errors.ts';
import type { CommitDraft } from '../ports/delivery-repository.ts';
import type { SecretReader } from '../ports/secret-reader.ts';
import { announceWaits } from './announce.ts';
import type { EnginePorts } from './engine-ports.ts';
import { enqueue, isUndelivered } from './enqueue.ts';
import { EngineMemory } from './memory.ts';
import type { PassContext } from './observe.ts';
import { type OpenedPass, openPass } from './open-pass.ts';
import { tellLateNews } from './late-news.ts';
import { recordStandings } from './record-telemetry.ts';
import type { Proposal } from './reconcile.ts';
import type { PassResult, PassTrouble } from './result.ts';
import { showStatus } from './show-status.ts';
import { leftAlone, type Survey, survey } from './survey.ts';
import { waitNews } from './wait-news.ts';
import { takeBackRejected } from './take-back.ts';
import { type PushFailure, Waves } from './waves.ts';

/** What a pass would do: the same value is shown by `status` and carried out by `run`. */
export interface PassPlan {
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

/** Lost races in a row before the pass gives up and leaves it to the next one. */
const RACES_MAX = 6;

/** Reads source and delivery branch and decides for every canary. Nothing is written. */
export async function planPass(
  ports: EnginePorts,
  memory: EngineMemory = new EngineMemory(),
  asks: PassContext['asks'] = 'everybody',
): Promise<PassPlan> {
  const opened = await openPass(ports, memory, asks);
  if ('trouble' in opened) return { ...NOTHING_PLANNED, trouble: opened.trouble };
  const { proposals, others, problems } = await survey(ports, memory, opened);
  const all = [...proposals, ...leftAlone(opened)];
  const urgentFirst = proposals.toSorted((a, b) => Number(b.urgent) - Number(a.urgent));
  const drafts = urgentFirst.flatMap((proposal) => proposal.drafts);
  return {
    ...foundOf(opened, problems),
    proposals: all,
    drafts: [...drafts, ...[...others.values()].flat()],
  };
}

const NOTHING_PLANNED = {
  proposals: [],
  specs: new Map(),
  problems: [],
  drafts: [],
  secrets: undefined,
} as const;

function foundOf(
  { secrets, loaded }: OpenedPass,
  problems: readonly Problem[] = [],
): Omit<PassPlan, 'proposals' | 'drafts'> {
  return {
    specs: new Map(loaded.canaries.map(({ key, spec }) => [key, spec])),
    problems: [...loaded.problems, ...problems],
    secrets,
  };
}

/**
 * One pass: look at everybody, publish what is decided, and, on branches where somebody else was
 * faster, everything again from the start.
 */
export async function runPass(
  ports: EnginePorts,
  memory: EngineMemory = new EngineMemory(),
): Promise<PassResult> {
  try {
    let waves: Waves | undefined;
    let settled: readonly Proposal[] = [];
    let left: ReadonlySet<string> | undefined;
    for (let race = 0; ; race += 1) {
      const opened = await openPass(ports, memory);
      if ('trouble' in opened) return resultOf(memory, { ...NOTHING_PLANNED, ...opened });
      const found = foundOf(opened);
      await tellLateNews(ports, memory, found, opened.states);
      waves ??= new Waves(ports, memory, opened, found);
      waves.begin(opened, found);
      const isLeft = (branch: string) => left?.has(branch) !== false;
      const surveyed = await survey(ports, memory, opened, waves, isLeft);
      await waves.finish(surveyed.others);
      const { stale } = waves;
      const proposals = [...settled, ...surveyed.proposals];
      const isOver = waves.failure !== undefined && waves.failure.kind !== 'stale';
      if (stale.size === 0 || race >= RACES_MAX || isOver) {
        const all = [...proposals, ...leftAlone(opened)];
        return await ended(ports, memory, { ...opened, ...surveyed, proposals: all }, waves);
      }
      for (const branch of stale) {
        const why = waves.failureOn(branch)?.why;
        ports.logger.info('the delivery branch moved, deciding again', { race, branch, why });
      }
      settled = proposals.filter(({ outcome }) => !stale.has(opened.branchOf(outcome.canary)));
      left = stale;
      const waitMs = backoffMs(race, { baseMs: 50, capMs: 2_000 }, ports.random);
      await ports.clock.sleep(waitMs);
    }
  } finally {
    memory.evaluations.forgetGiven();
  }
}

/** What was not urgent has its turn, and what is still waited for: a poke may have been lost. */
async function pokeAgents(
  { clock }: EnginePorts,
  { pokes }: EngineMemory,
  { cells, branchOf }: OpenedPass,
  proposals: readonly Proposal[],
): Promise<void> {
  const waiting = proposals.filter(
    ({ outcome: { result } }) => result.kind === 'waiting' && result.notLiveYet === true,
  );
  const nowMs = clock.nowMs();
  const branches = [...new Set(waiting.map(({ outcome }) => branchOf(outcome.canary)))].filter(
    (branch) => pokes.askAgain(branch, nowMs),
  );
  const asked = new Map([
    ...pokes.due(nowMs),
    ...branches.map((branch) => [branch, LAYERS] as const),
  ]);
  const pokings = [...asked].flatMap(([branch, layers]) => {
    const cell = cells.get(branch);
    return cell === undefined ? [] : [cell.ports.sync.poke(layers)];
  });
  await Promise.all(pokings);
}

async function ended(
  ports: EnginePorts,
  memory: EngineMemory,
  pass: OpenedPass & Survey,
  waves: Waves,
): Promise<PassResult> {
  const found = foundOf(pass, pass.problems);
  for (const [branch, failure] of waves.failures) logFailure(ports, branch, failure);
  const trouble = waves.failure && troubleOf(waves.failure);
  enqueue(memory, pass, waves, ports.clock.nowMs());
  const proposals = pass.proposals.map((each) => {
    if (!isUndelivered(each, waves)) return each;
    const failure = waves.failureOn(pass.branchOf(each.outcome.canary));
    return undelivered(each, memory, failure && troubleOf(failure));
  });
  if (trouble === undefined) {
    recordStandings(ports.telemetry, memory, { ...found, proposals });
    await pokeAgents(ports, memory, pass, proposals);
    const news = waitNews(memory, proposals, found.specs, ports.clock.nowMs());
    announceWaits(ports, news, found.secrets);
    const unshown = proposals.filter(({ drafts }) => !drafts.some((each) => waves.isPushed(each)));
    showStatus(ports.status, { ...found, proposals: unshown, news });
    await takeBackRejected(ports, memory, pass);
  }
  return resultOf(memory, { proposals, problems: found.problems, trouble });
}

function troubleOf(failure: PushFailure): PassTrouble {
  const { why } = failure;
  return failure.kind === 'rejected'
    ? { kind: 'blocked', why, remedy: failure.remedy }
    : { ...failure, kind: 'retry' };
}

function logFailure({ logger }: EnginePorts, branch: string, failure: PushFailure): void {
  const { kind: outcome, why } = failure;
  const where = branch === '' ? {} : { branch };
  if (failure.kind === 'rejected') {
    logger.error('the push was refused', { ...where, why, remedy: failure.remedy });
  } else logger.warn('the push did not go through', { ...where, outcome, why });
}

/** A decision that did not reach the remote was not taken: the canary tries again. */
function undelivered(
  proposal: Proposal,
  { queue }: EngineMemory,
  trouble: PassTrouble | undefined,
): Proposal {
  const { canary } = proposal.outcome;
  const { record } =
    proposal.taken[0] === undefined ? proposal.outcome : { record: proposal.taken[0].before };
  return {
    ...proposal,
    outcome: { canary, record, result: trouble ?? queue.resultOf(canary) },
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
