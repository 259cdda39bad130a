import pMap from 'p-map';
import type { CanaryKey, CanarySpec } from '../../constructs/canary-spec.ts';
import type { LoadedSource } from '../config/load-source.ts';
import { backoffMs } from '../core/backoff.ts';
import { InternalError, type Problem } from '../core/errors.ts';
import type { CommitDraft, PublishOutcome, RefreshOutcome } from '../ports/delivery-repository.ts';
import type { SecretReader } from '../ports/secret-reader.ts';
import type { SourceOutcome } from '../ports/source-reader.ts';
import { announce } from './announce.ts';
import { carryOver } from './carry-over.ts';
import type { CanaryState } from './delivery-state.ts';
import type { EnginePorts } from './engine-ports.ts';
import { EngineMemory } from './memory.ts';
import type { PassContext } from './observe.ts';
import { recordPush, recordStandings } from './record-telemetry.ts';
import { type Proposal, reconcile } from './reconcile.ts';
import type { CanaryResult, PassResult, PassTrouble } from './result.ts';
import { secretsOf } from './secrets.ts';
import { showStatus } from './show-status.ts';

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
): Promise<PassPlan> {
  const [refreshed, source] = await Promise.all([ports.delivery.refresh(), ports.source.read()]);
  if (refreshed.kind !== 'fresh') return unplanned('delivery branch', refreshed);
  if (source.kind !== 'read') return unplanned('source', source);
  const { tip } = refreshed;
  const states = await memory.states.at(ports.delivery, tip);
  const { snapshot } = source;
  const loaded = ports.interpret(snapshot, new Set(states.keys()));
  const [workloads, traffic] = await Promise.all([
    ports.sync.synced('workloads'),
    ports.sync.synced('traffic'),
  ]);
  const context = {
    tip,
    sourceCommit: snapshot.commit,
    sync: { workloads, traffic },
    memory,
    secrets: secretsOf(ports.secrets, loaded.secrets),
  };
  const proposals = await pMap(
    loaded.canaries,
    (canary) => reconcileSafely(ports, context, canary, states.get(canary.key)),
    { concurrency: CONCURRENCY },
  );
  const left = leftAlone(loaded, states);
  const others = await carryOver(ports.delivery, {
    ...context,
    ...loaded,
    nowMs: ports.clock.nowMs(),
  });
  const urgentFirst = proposals.toSorted((a, b) => Number(b.urgent) - Number(a.urgent));
  return {
    tip,
    proposals: [...proposals, ...left],
    specs: new Map(loaded.canaries.map(({ key, spec }) => [key, spec])),
    problems: loaded.problems,
    drafts: [
      ...urgentFirst.flatMap((proposal) => proposal.drafts),
      ...(others === undefined ? [] : [others]),
    ],
    secrets: context.secrets,
  };
}

type Unread = Exclude<RefreshOutcome, { kind: 'fresh' }> | Exclude<SourceOutcome, { kind: 'read' }>;

function unplanned(what: string, reason: Unread): PassPlan {
  const why = `the ${what} could not be read: ${reason.why}`;
  const trouble: PassTrouble =
    reason.kind === 'refused'
      ? { kind: 'blocked', why, remedy: reason.remedy }
      : { ...reason, kind: 'retry', why };
  return {
    tip: undefined,
    proposals: [],
    specs: new Map(),
    problems: [],
    drafts: [],
    secrets: undefined,
    trouble,
  };
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
    const result: CanaryResult['result'] =
      error instanceof InternalError
        ? { kind: 'blocked', why, remedy: 'this is a bug in Serin: please report it' }
        : { kind: 'retry', why };
    const record = state?.kind === 'sound' ? state.record : undefined;
    return {
      outcome: { canary: canary.key, record, result },
      drafts: [],
      urgent: false,
      taken: [],
    };
  }
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

/** One pass: plan, publish, and, when somebody else was faster, everything again from the start. */
export async function runPass(
  ports: EnginePorts,
  memory: EngineMemory = new EngineMemory(),
): Promise<PassResult> {
  for (let race = 0; ; race += 1) {
    const plan = await planPass(ports, memory);
    if (plan.trouble !== undefined) return resultOf(plan, plan.trouble);
    if (plan.drafts.length === 0) {
      recordStandings(ports.telemetry, memory, plan);
      await pokeAgain(ports, memory, plan);
      await showStatus(ports.status, plan);
      return resultOf(plan);
    }
    const startedMs = ports.clock.nowMs();
    const outcome = await ports.delivery.publish(plan.drafts, plan.tip);
    const durationMs = Math.max(0, ports.clock.nowMs() - startedMs);
    recordPush(ports.telemetry, memory, plan, { outcome: outcome.kind, durationMs });
    if (outcome.kind !== 'stale' || race >= RACES_MAX)
      return published(ports, memory, plan, outcome);
    ports.logger.info('the delivery branch moved, deciding again', { race, why: outcome.why });
    const waitMs = backoffMs(race, { baseMs: 50, capMs: 2_000 }, ports.random);
    await ports.clock.sleep(waitMs);
  }
}

/** A poke may be lost, and some commit may have been waited for ever since. */
async function pokeAgain(
  { sync, clock }: EnginePorts,
  memory: EngineMemory,
  { proposals }: PassPlan,
): Promise<void> {
  const isWaitedFor = proposals.some(
    ({ outcome: { result } }) => result.kind === 'waiting' && result.notLiveYet === true,
  );
  const nowMs = clock.nowMs();
  if (!isWaitedFor || nowMs - (memory.pokedMs ?? -Infinity) < POKE_AGAIN_MS) return;
  memory.pokedMs = nowMs;
  await sync.poke();
}

async function published(
  ports: EnginePorts,
  memory: EngineMemory,
  plan: PassPlan,
  outcome: PublishOutcome,
): Promise<PassResult> {
  switch (outcome.kind) {
    case 'pushed':
      for (const [index, draft] of plan.drafts.entries()) {
        const commit = outcome.commits[index];
        const subject = draft.message.split('\n', 1)[0];
        ports.logger.info('decision pushed', { subject, commit });
      }
      announce(ports, plan, new Map(plan.drafts.map((draft, at) => [draft, outcome.commits[at]])));
      recordStandings(ports.telemetry, memory, plan);
      memory.pokedMs = ports.clock.nowMs();
      await ports.sync.poke();
      await showStatus(ports.status, plan);
      return resultOf(plan);
    case 'unchanged':
      recordStandings(ports.telemetry, memory, plan);
      return resultOf(plan);
    case 'stale':
    case 'deferred':
    case 'unreachable':
    case 'unknown':
      ports.logger.warn('the push did not go through', { outcome: outcome.kind, why: outcome.why });
      return resultOf(plan, { ...outcome, kind: 'retry' });
    case 'rejected':
      ports.logger.error('the push was refused', { why: outcome.why, remedy: outcome.remedy });
      return resultOf(plan, { kind: 'blocked', why: outcome.why, remedy: outcome.remedy });
  }
}

/** Decisions that did not reach the remote were not taken: their canaries try again. */
function resultOf(plan: PassPlan, trouble?: PassTrouble): PassResult {
  const canaries = plan.proposals.map(({ outcome }) =>
    trouble !== undefined && outcome.result.kind === 'committed'
      ? { ...outcome, result: trouble }
      : outcome,
  );
  return { canaries, problems: plan.problems, ...(trouble === undefined ? {} : { trouble }) };
}
