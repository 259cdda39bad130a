import { decide } from '../core/decide.ts';
import { type Change, type Decision, isChange, isUrgent } from '../core/decision.ts';
import { withMoments } from '../core/moments.ts';
import { judgeNotLive, type NotLive } from '../core/not-live.ts';
import type { Observation } from '../core/observation.ts';
import type { RolloutRecord } from '../core/record.ts';
import type { CommitDraft, FileChange } from '../ports/delivery-repository.ts';
import { applyChanges, type Files } from '../render/changeset.ts';
import { movesObjects, withNeighbours } from '../render/moves.ts';
import { render, type Rendered } from '../render/render.ts';
import type { ResolvedCanary } from '../render/resolved-canary.ts';
import { type CanaryState, NEW_CANARY, readFilesToChange, readCarried } from './delivery-state.ts';
import type { EnginePorts } from './engine-ports.ts';
import { observe, type PassContext } from './observe.ts';
import { recordEvaluation } from './record-telemetry.ts';
import { coAuthorsOf } from './co-authors.ts';
import { datedAhead, decisionTimeMs } from './decision-time.ts';
import type { CanaryResult } from './result.ts';
import { readBase } from './rollout-base.ts';
import type { Taken } from './taken.ts';

/** What one canary contributes to a pass: the commits it wants, or why it wants none. */
export interface Proposal {
  readonly outcome: CanaryResult;
  readonly drafts: readonly CommitDraft[];
  /** Takes traffic away from a bad revision; goes first in the push. */
  readonly urgent: boolean;
  /** What the drafts carry out, one by one. */
  readonly taken: readonly Taken[];
}

/** Observes one canary, decides, and renders the decision. Nothing is written here. */
export async function reconcile(
  ports: EnginePorts,
  context: PassContext,
  canary: ResolvedCanary,
  state: CanaryState = NEW_CANARY,
): Promise<Proposal> {
  if (state.kind === 'damaged') return damaged(canary, state);
  const { record, control } = state;
  const startedMs = ports.clock.nowMs();
  const observed = await observe(ports, context, canary, record, state);
  const nowMs = decisionTimeMs(record, observed.clockMs);
  const seen = datedAhead(observed.seen, nowMs - observed.clockMs);
  recordEvaluation(ports.telemetry, canary.spec, seen, nowMs - startedMs);
  const decision = decide(canary.spec, record, seen, nowMs);
  if (!isChange(decision)) {
    if (decision.kind === 'wait' && decision.answered === true && record !== undefined) {
      const closed = decision.closed === undefined ? {} : { closed: decision.closed };
      context.memory.askedInVain(canary.key, record, control, { atMs: nowMs, ...closed });
    }
    const notLive = notLiveOf(context, canary, record, decision, nowMs);
    return waiting(canary, record, seen, decision, notLive);
  }
  const delivered = await readFilesToChange(ports.delivery, context.tip, canary.key);
  return propose(
    ports,
    context,
    canary,
    { record, standing: record, delivered, seen, nowMs },
    decision,
  );
}

export interface Situation {
  readonly record: RolloutRecord | undefined;
  /** The record at the tip: a decision may follow another one in the same push. */
  readonly standing: RolloutRecord | undefined;
  readonly delivered: Files;
  readonly seen: Observation;
  readonly nowMs: number;
}

/**
 * Renders a change. A failed check is followed by the decision it leads to in the same push, so
 * that the last check a rollout may fail takes the traffic away at once.
 */
export async function propose(
  ports: EnginePorts,
  context: PassContext,
  canary: ResolvedCanary,
  situation: Situation,
  change: Change,
): Promise<Proposal> {
  const { record, standing, delivered, seen, nowMs } = situation;
  const [{ base, reverts }, coAuthors] = await Promise.all([
    readBase(ports.delivery, context.memory.trafficCommits, { record, standing }, change),
    coAuthorsOf(ports.source, canary, record, change),
  ]);
  const rendered = render({
    canary,
    before: record,
    change,
    seen,
    delivered,
    base,
    reverts,
    coAuthors,
    nowMs,
    rejectedForMs: ports.rejectedForMs,
  });
  const changes = await inOneCommit(ports, context, canary, { delivered, change, rendered });
  const draft = { message: rendered.message, changes, atMs: nowMs };
  const own: Proposal = {
    outcome: {
      canary: canary.key,
      record: rendered.record,
      result: {
        kind: 'committed',
        subjects: [subjectOf(draft)],
        untilMs: nowMs + canary.spec.analysis.intervalMs,
      },
    },
    drafts: [draft],
    urgent: isUrgent(change),
    taken: [{ change, before: record, after: rendered.record, draft }],
  };
  if (change.kind !== 'check-failed') return own;
  const next = decide(canary.spec, rendered.record, withoutEvaluation(seen), nowMs);
  if (!isChange(next)) return own;
  const following = {
    record: rendered.record,
    standing,
    delivered: applyChanges(delivered, rendered.changes),
    seen,
    nowMs,
  };
  return join(own, await propose(ports, context, canary, following, next));
}

/**
 * Objects that come to a canary or leave it do so in one commit with the decision. A primary that is
 * created again may meet objects that were not there the first time: to be taken over, they are kept.
 */
async function inOneCommit(
  { delivery }: EnginePorts,
  { tip, held }: PassContext,
  { spec }: ResolvedCanary,
  { delivered, change, rendered }: Moving,
): Promise<readonly FileChange[]> {
  const { changes, left } = rendered;
  if (change.kind !== 'create-primary' && !movesObjects(changes, delivered)) return changes;
  const carried = await readCarried(delivery, tip, spec.namespace);
  return withNeighbours(spec, change, changes, { carried, wanted: held, left });
}

interface Moving {
  readonly delivered: Files;
  readonly change: Change;
  readonly rendered: Rendered;
}

export function join(first: Proposal, second: Proposal): Proposal {
  const drafts = [...first.drafts, ...second.drafts];
  return {
    outcome: {
      ...second.outcome,
      result: { ...second.outcome.result, kind: 'committed', subjects: drafts.map(subjectOf) },
    },
    drafts,
    urgent: first.urgent || second.urgent,
    taken: [...first.taken, ...second.taken],
  };
}

function withoutEvaluation({ evaluation: _, ...seen }: Observation): Observation {
  return seen;
}

export function subjectOf(draft: CommitDraft): string {
  return draft.message.split('\n', 1)[0] ?? '';
}

function waiting(
  canary: ResolvedCanary,
  record: RolloutRecord | undefined,
  { moments = {} }: Observation,
  decision: Exclude<Decision, Change>,
  notLive: NotLive | undefined,
): Proposal {
  const step = record?.step === undefined ? {} : { step: withMoments(record.step, moments) };
  return {
    outcome: { canary: canary.key, record, ...step, result: resultOf(decision, notLive) },
    drafts: [],
    urgent: false,
    taken: [],
  };
}

/** The trouble behind a wait, once it has lasted too long. */
function notLiveOf(
  { memory }: PassContext,
  { key, spec }: ResolvedCanary,
  record: RolloutRecord | undefined,
  decision: Exclude<Decision, Change>,
  nowMs: number,
): NotLive | undefined {
  if (record === undefined) return undefined;
  const isNotLive = decision.kind === 'wait' && decision.notLiveYet === true;
  const candidate = memory.notLive(key, record, isNotLive ? decision.why : undefined, nowMs);
  return candidate && judgeNotLive(candidate, spec.analysis.intervalMs, nowMs);
}

function resultOf(
  decision: Exclude<Decision, Change>,
  notLive: NotLive | undefined,
): CanaryResult['result'] {
  switch (decision.kind) {
    case 'rest':
      return { kind: 'done', why: decision.why };
    case 'wait': {
      const { kind: _, answered: __, ...wait } = decision;
      return { kind: 'waiting', ...wait, ...(notLive === undefined ? {} : { notLive }) };
    }
    case 'blocked':
      return { kind: 'blocked', why: decision.why, remedy: decision.remedy };
  }
}

export function damaged(
  canary: ResolvedCanary,
  state: Extract<CanaryState, { kind: 'damaged' }>,
): Proposal {
  return {
    outcome: { canary: canary.key, record: undefined, result: damageOf(state) },
    drafts: [],
    urgent: false,
    taken: [],
  };
}

/** Nothing is decided on a record that cannot be read. */
export function damageOf({
  path,
  why,
}: Extract<CanaryState, { kind: 'damaged' }>): Extract<
  CanaryResult['result'],
  { kind: 'blocked' }
> {
  return {
    kind: 'blocked',
    why: `record-damaged: ${path}: ${why}`,
    remedy: `restore ${path} from the commit before it was changed`,
  };
}
