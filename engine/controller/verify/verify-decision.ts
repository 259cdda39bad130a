import type { CanaryKey } from '../../../constructs/canary-spec.ts';
import { decide, dueQuestions } from '../../core/decide.ts';
import { type Change, isChange } from '../../core/decision.ts';
import { inForce } from '../../core/ledger.ts';
import type { Observation } from '../../core/observation.ts';
import { controlPath, isEvidence, recordPath, rejectedPath } from '../../core/paths.ts';
import { namedCoAuthors } from '../co-authors.ts';
import type { RejectedRevision, RolloutRecord } from '../../core/record.ts';
import { applyChanges, type Files } from '../../render/changeset.ts';
import { parseControl } from '../../render/control-file.ts';
import { parseRecord } from '../../render/record-file.ts';
import { parseRejected } from '../../render/rejected-file.ts';
import { render } from '../../render/render.ts';
import type { ResolvedCanary } from '../../render/resolved-canary.ts';
import { answersTrouble } from './answers.ts';
import { deliveredCanaries } from './delivered-canary.ts';
import { type DecisionContext, possibleObservations } from './observations.ts';

/** One decision as it stands on the delivery branch. */
export interface DeliveredDecision {
  readonly canary: CanaryKey;
  /** The kind of change it says it is. */
  readonly decision: string;
  readonly message: string;
  readonly committedMs: number;
  readonly named: DecisionContext['named'];
  /** The canary's folders before and after. */
  readonly before: Files;
  readonly after: Files;
  /** The same at the base of the rollout that was under way. */
  readonly base: Files;
  /** The Canary's file as a later commit carries it over, where one does. */
  readonly upcoming: Files;
  /** Metric templates and alert providers; more than one where it cannot be told which counted. */
  readonly others: readonly Files[];
  readonly reverts: readonly string[];
}

/**
 * Takes the decision again, from the record before it and its evidence, and renders it: it must be
 * the same commit to the byte. Says why it does not follow, or nothing.
 */
export function decisionTrouble(delivered: DeliveredDecision): string | undefined {
  const { canary, committedMs } = delivered;
  const before = readBefore(delivered);
  if (before === 'damaged') return 'the record before it is damaged';
  if (delivered.decision === 'terminated') return lastTrouble(delivered, before);
  const after = parseRecord(delivered.after.get(recordPath(canary)) ?? '', canary);
  if (after.kind === 'damaged') return `its record is damaged: ${after.why}`;
  const { record } = after;
  if (Math.floor(record.decidedAtMs / 1_000) * 1_000 !== committedMs) {
    return 'it was not committed at the time its record says it was decided';
  }
  if (before !== undefined && record.decidedAtMs < before.decidedAtMs) {
    return 'it was decided before the decision it follows';
  }
  return closest(delivered, before, record);
}

/** The last decision leaves no record, which would say when to the millisecond it was taken. */
function lastTrouble(
  delivered: DeliveredDecision,
  before: RolloutRecord | undefined,
): string | undefined {
  if (before === undefined) return 'there was no record before it';
  const decidedAtMs = Math.max(delivered.committedMs + 999, before.decidedAtMs);
  return closest(delivered, before, { ...before, decidedAtMs });
}

function readBefore({ canary, before }: DeliveredDecision): RolloutRecord | undefined | 'damaged' {
  const text = before.get(recordPath(canary));
  if (text === undefined) return undefined;
  const parsed = parseRecord(text, canary);
  return parsed.kind === 'damaged' ? 'damaged' : parsed.record;
}

/** The first observation that explains the commit is enough; otherwise the best explanation counts. */
function closest(
  delivered: DeliveredDecision,
  before: RolloutRecord | undefined,
  after: RolloutRecord,
): string | undefined {
  const rejected = parseRejected(delivered.before.get(rejectedPath(delivered.canary)));
  if (rejected.kind === 'damaged') return `the ledger before it is damaged: ${rejected.why}`;
  const path = controlPath(delivered.canary);
  const context = {
    before,
    after,
    control: parseControl(delivered.before.get(path), path),
    decision: delivered.decision,
    evidence: evidenceOf(delivered),
    named: delivered.named,
  };
  const troubles: Trouble[] = [];
  for (const canary of canariesOf(delivered, before, after)) {
    for (const ledger of possibleLedgers(rejected.entries, after)) {
      for (const seen of possibleObservations({ ...context, rejected: ledger })) {
        const trouble = attempt(delivered, before, after, canary, seen);
        if (trouble === undefined) return undefined;
        troubles.push(trouble);
      }
    }
  }
  const [best] = troubles.toSorted((a, b) => b.reached - a.reached);
  return best?.why ?? 'the canary it is about cannot be read from the branch';
}

/** The engine looks at the ledger a moment before it decides: an entry may expire in between. */
function possibleLedgers(
  entries: readonly RejectedRevision[],
  { decidedAtMs }: RolloutRecord,
): ReadonlySet<readonly RejectedRevision[]> {
  return new Set([inForce(entries, decidedAtMs), entries]);
}

/** How long the decision wants its revision to be left alone: what the operator has said is not at hand. */
function rejectedForMs({ canary, after }: DeliveredDecision, nowMs: number): number | undefined {
  const ledger = parseRejected(after.get(rejectedPath(canary)));
  if (ledger.kind === 'damaged') return undefined;
  const entry = ledger.entries.find(({ rejectedAtMs }) => rejectedAtMs === nowMs);
  return entry?.expiresAtMs === undefined ? undefined : entry.expiresAtMs - nowMs;
}

/** How far an explanation got before it failed: the one that got furthest is the best. */
interface Trouble {
  readonly reached: 0 | 1 | 2 | 3;
  readonly why: string;
}

/**
 * As it stands after the commit, as it stood before, and as the source said it already: which of
 * them counts depends on the kind.
 */
function canariesOf(
  { canary, before, after, upcoming, others }: DeliveredDecision,
  recordBefore: RolloutRecord | undefined,
  { configDigest }: RolloutRecord,
): readonly ResolvedCanary[] {
  const upcomingFiles = upcoming.size === 0 ? [] : [new Map([...after, ...upcoming])];
  const files = [after, ...(recordBefore === undefined ? [] : [before]), ...upcomingFiles];
  return files.flatMap((each) =>
    others.flatMap((other) => deliveredCanaries(canary, each, other, configDigest)),
  );
}

function attempt(
  delivered: DeliveredDecision,
  before: RolloutRecord | undefined,
  after: RolloutRecord,
  canary: ResolvedCanary,
  seen: Observation,
): Trouble | undefined {
  const nowMs = after.decidedAtMs;
  const { evaluation, ...unasked } = seen;
  let change: Change;
  try {
    const questions = dueQuestions(canary.spec, before, unasked, nowMs);
    const checks = evaluation?.state === 'made' ? evaluation.checks : [];
    if (questions.length > 0 || checks.length > 0) {
      const why = answersTrouble(canary.spec, questions, checks);
      if (why !== undefined) return { reached: 1, why };
    }
    const decision = decide(canary.spec, before, seen, nowMs);
    if (!isChange(decision)) {
      return { reached: 0, why: `nothing was to be done: ${decision.why}` };
    }
    if (decision.kind !== delivered.decision) {
      return { reached: 0, why: `${decision.kind} was to be done: ${decision.reason}` };
    }
    change = decision;
  } catch (error) {
    return { reached: 0, why: error instanceof Error ? error.message : String(error) };
  }
  return compare(delivered, before, canary, seen, change, nowMs);
}

function compare(
  delivered: DeliveredDecision,
  before: RolloutRecord | undefined,
  canary: ResolvedCanary,
  seen: Observation,
  change: Change,
  nowMs: number,
): Trouble | undefined {
  const { base, reverts } = delivered;
  if (BRINGING.has(change.kind) && canary.revision !== delivered.named.revision) {
    const why = `what it brings is revision ${canary.revision}, not ${delivered.named.revision}`;
    return { reached: 2, why };
  }
  const rendered = render({
    canary,
    before,
    change,
    seen,
    delivered: delivered.before,
    base,
    reverts,
    // The source is not at hand, and may be private: who wrote it is taken as it stands.
    coAuthors: namedCoAuthors(delivered.message, change, before),
    nowMs,
    rejectedForMs: rejectedForMs(delivered, nowMs),
  });
  const wanted = applyChanges(delivered.before, rendered.changes);
  const paths = new Set([...wanted.keys(), ...delivered.after.keys()]);
  const other = [...paths].find((path) => wanted.get(path) !== delivered.after.get(path));
  if (other !== undefined) {
    return { reached: 2, why: `${other} is not what the decision gives` };
  }
  return rendered.message === delivered.message
    ? undefined
    : { reached: 3, why: 'its message is not what the decision gives' };
}

/** Changes that give the target what the source wants. */
const BRINGING: ReadonlySet<Change['kind']> = new Set(['create-primary', 'start']);

/** The evidence file that is new or changed in the commit. */
function evidenceOf({ canary, before, after }: DeliveredDecision): string | undefined {
  const entry = [...after].find(
    ([path, text]) => isEvidence(canary, path) && before.get(path) !== text,
  );
  return entry?.[1];
}
