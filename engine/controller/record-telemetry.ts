import type { CanaryKey, CanarySpec } from '../../constructs/canary-spec.ts';
import { unreachable } from '../core/errors.ts';
import type { CheckResult, Observation } from '../core/observation.ts';
import type { RolloutRecord, Step } from '../core/record.ts';
import type { CommitDraft } from '../ports/delivery-repository.ts';
import type {
  CanaryStanding,
  CanarySubject,
  DecisionFacts,
  EvaluationFacts,
  LiveStage,
  PushFacts,
  RolloutEnd,
  Telemetry,
} from '../ports/telemetry.ts';
import type { EngineMemory } from './memory.ts';
import type { CanaryResult } from './result.ts';
import type { Taken } from './taken.ts';

interface Planned {
  readonly proposals: readonly {
    readonly outcome: CanaryResult;
    readonly drafts: readonly CommitDraft[];
    readonly taken: readonly Taken[];
  }[];
  readonly specs: ReadonlyMap<CanaryKey, CanarySpec>;
  readonly drafts: readonly CommitDraft[];
}

/** A pass has ended: how everybody fares, and what is waited for until when. */
export function recordStandings(
  telemetry: Telemetry | undefined,
  { due, queue }: EngineMemory,
  planned: Pick<Planned, 'proposals' | 'specs'>,
): void {
  telemetry?.canaries(standingsOf(planned));
  const before = new Map(due);
  // What waits for a push has been due since before it was decided.
  const queued = new Set(queue.decisions.map(({ canary }) => canary));
  due.clear();
  for (const { outcome } of planned.proposals) {
    const { canary, result } = outcome;
    const untilMs = result.kind === 'waiting' ? result.untilMs : undefined;
    const dueMs = queued.has(canary) ? before.get(canary) : untilMs;
    if (dueMs !== undefined) due.set(canary, dueMs);
  }
}

export function recordPush(
  telemetry: Telemetry | undefined,
  { due }: EngineMemory,
  { proposals, specs, drafts }: Planned,
  push: Omit<PushFacts, 'commits'>,
): void {
  if (telemetry === undefined) return;
  const taken = proposals.flatMap((proposal) => proposal.taken);
  const kinds = new Map(taken.map(({ draft, change }) => [draft, change.kind]));
  // What a canary is given beside decisions is its own files again.
  const healing = new Set(proposals.flatMap((proposal) => proposal.drafts));
  const kindOf = (draft: CommitDraft) =>
    kinds.get(draft) ?? (healing.has(draft) ? 'heal' : 'carry-over');
  telemetry.pushed({ ...push, commits: drafts.map(kindOf) });
  if (push.outcome !== 'pushed') return;
  for (const { outcome, taken: decisions } of proposals) {
    const spec = specs.get(outcome.canary);
    if (spec === undefined) continue;
    for (const [index, each] of decisions.entries()) {
      const dueMs = index === 0 ? due.get(outcome.canary) : undefined;
      telemetry.decided(decisionFacts(spec, each, dueMs));
    }
  }
}

/** Tells of the checks of one canary, if they were made. */
export function recordEvaluation(
  telemetry: Telemetry | undefined,
  spec: CanarySpec,
  { evaluation }: Observation,
  durationMs: number,
): void {
  if (evaluation?.state !== 'made') return;
  const values = valuesOf(evaluation.checks);
  telemetry?.evaluated({ ...subjectOf(spec), durationMs: Math.max(0, durationMs), values });
}

function standingsOf({
  proposals,
  specs,
}: Pick<Planned, 'proposals' | 'specs'>): readonly CanaryStanding[] {
  return proposals.flatMap(({ outcome: { canary, record, result } }) => {
    const spec = specs.get(canary);
    if (spec === undefined || record === undefined) return [];
    const { phase, weights } = record;
    const isNotLive = result.kind === 'waiting' && result.notLive !== undefined;
    return [
      { ...subjectOf(spec), phase, weights, strategy: spec.analysis.strategy.kind, isNotLive },
    ];
  });
}

function subjectOf({ namespace, target }: CanarySpec): CanarySubject {
  return { namespace, target: target.name };
}

/** The values of an evaluation, in the units of Flagger's gauge. */
function valuesOf(checks: readonly CheckResult[]): EvaluationFacts['values'] {
  return checks.flatMap(({ name, metric, value }) => {
    if (value === undefined) return [];
    const isInMs = metric === 'builtin' && name === 'request-duration';
    return [{ metric: name, value: isInMs ? value / 1_000 : value }];
  });
}

/** @param dueMs when the decision was waited for, where somebody knows */
function decisionFacts(spec: CanarySpec, taken: Taken, dueMs: number | undefined): DecisionFacts {
  const { before, after } = taken;
  const delayMs = dueMs === undefined ? undefined : after.decidedAtMs - dueMs;
  const end = endOf(spec, taken);
  return {
    ...subjectOf(spec),
    ...(end === undefined ? {} : { end }),
    // What was decided before it was due was decided for another reason.
    ...(delayMs === undefined || delayMs < 0 ? {} : { delayMs }),
    liveDelaysMs: newlySeen(before, after),
  };
}

function endOf({ analysis }: CanarySpec, { change }: Taken): RolloutEnd | undefined {
  const how = { strategy: analysis.strategy.kind, analysis: 'completed' } as const;
  switch (change.kind) {
    case 'finish':
      return { ...how, result: 'succeeded' };
    case 'skip-analysis':
      return { ...how, result: 'succeeded', analysis: 'skipped' };
    case 'reject':
    case 'rollback':
    case 'fail-promotion':
      return { ...how, result: 'failed' };
    case 'create-primary':
    case 'open-routing':
    case 'initialized':
    case 'start':
    case 'restart':
    case 'advance':
    case 'check-failed':
    case 'promote':
    case 'shift':
    case 'return-traffic':
    case 'withdraw':
    case 'clean-up':
    case 'reconcile':
    case 'halt':
    case 'terminate':
    case 'move-to-target':
    case 'return-to-primary':
    case 'drop-routes':
    case 'terminated':
    case 'resume':
    case 'call-off':
    case 'halt-promotion':
    case 'post-rollout':
      return undefined;
    default:
      return unreachable(change);
  }
}

const STAGES: readonly LiveStage[] = ['contained', 'applied', 'effective'];

/**
 * Moments are written down once, by the first decision after them: what the record after a decision
 * knows of a step and the one before it did not.
 */
function newlySeen(
  before: RolloutRecord | undefined,
  after: RolloutRecord,
): DecisionFacts['liveDelaysMs'] {
  const known = before?.step;
  if (known === undefined) return {};
  const seen = [after.step, after.previousStep].find(
    (step) => step?.committedMs === known.committedMs,
  );
  if (seen === undefined) return {};
  return Object.fromEntries(
    STAGES.flatMap((stage) => {
      const atMs = momentOf(seen, stage);
      const isNew = atMs !== undefined && momentOf(known, stage) === undefined;
      return isNew ? [[stage, Math.max(0, atMs - seen.committedMs)] as const] : [];
    }),
  );
}

function momentOf(step: Step, stage: LiveStage): number | undefined {
  switch (stage) {
    case 'contained':
      return step.containedMs;
    case 'applied':
      return step.appliedMs;
    case 'effective':
      return step.effectiveMs;
  }
}
