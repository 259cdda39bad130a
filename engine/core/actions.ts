import type { CanarySpec, Gate } from '../../constructs/canary-spec.ts';
import type { Approval, Attempt, Control } from './control.ts';
import { unreachable } from './errors.ts';
import { isInMidRun, type RejectedRevision, type RolloutRecord, rolloutOf } from './record.ts';

/** What a person can do to a canary: a change of its `control.yaml`. */
export type Action =
  | {
      readonly kind: 'approve';
      readonly gate: Gate;
      /** Absent: the one that waits. */
      readonly revision?: string;
      /** Of a traffic increase: no further than this. */
      readonly weight?: number;
    }
  | { readonly kind: 'pause' | 'resume' | 'abort' | 'retry' | 'promote' };

/** What the person sees of the canary. */
export interface Situation {
  readonly spec: CanarySpec;
  readonly record: RolloutRecord | undefined;
  readonly rejected: readonly RejectedRevision[];
  /** What the source wants. */
  readonly revision: string;
}

export type ActionOutcome =
  | { readonly kind: 'written'; readonly control: Control; readonly what: string }
  /** It would not mean anything now. */
  | { readonly kind: 'refused'; readonly why: string; readonly remedy: string };

/** The control file after an action. What it says of revisions long gone is left out. */
export function controlAfter(
  control: Control,
  action: Action,
  situation: Situation,
): ActionOutcome {
  const current = pruned(control, situation);
  switch (action.kind) {
    case 'pause':
      return written({ ...current, paused: true }, 'pause');
    case 'resume':
      return written({ ...current, paused: false }, 'resume');
    case 'approve':
      return approve(current, action, situation);
    case 'abort': {
      const attempt = openAttempt(situation);
      if (attempt === undefined) return refused(situation, 'nothing can be aborted');
      return written({ ...current, abort: attempt }, `abort revision ${attempt.revision}`);
    }
    case 'promote': {
      const attempt = openAttempt(situation);
      const isPromoting = situation.record?.phase === 'Promoting';
      if (attempt === undefined || isPromoting) {
        return refused(situation, 'nothing can be promoted');
      }
      return written({ ...current, promote: attempt }, `promote revision ${attempt.revision}`);
    }
    case 'retry':
      return retry(current, situation);
    default:
      return unreachable(action);
  }
}

function approve(
  control: Control,
  { gate, revision, weight }: Extract<Action, { kind: 'approve' }>,
  situation: Situation,
): ActionOutcome {
  const { gates } = situation.spec;
  if (!gates.includes(gate)) {
    const why = `the canary has no gate ${gate} that people open`;
    const others = gates.length === 0 ? '' : `; it has ${gates.join(', ')}`;
    const remedy = `annotate the Canary with serin/gates: ${gate}${others}`;
    return { kind: 'refused', why, remedy };
  }
  const asked = gate === 'rollout' ? pendingRevision(situation) : openAttempt(situation)?.revision;
  const approved = revision ?? asked;
  if (approved === undefined) return refused(situation, `nothing waits at gate ${gate}`);
  const approval: Approval = {
    gate,
    revision: approved,
    ...(weight === undefined ? {} : { weight }),
  };
  const others = control.approvals.filter(
    (other) => other.gate !== gate || other.revision !== approved,
  );
  const upTo = weight === undefined ? '' : ` up to weight ${weight}`;
  const what = `approve ${gate} of revision ${approved}${upTo}`;
  return written({ ...control, approvals: [...others, approval] }, what);
}

function retry(control: Control, situation: Situation): ActionOutcome {
  const { revision, rejected } = situation;
  const entry = rejected.find((each) => each.revision === revision);
  if (entry === undefined || revision === situation.record?.promoted.revision) {
    return refused(situation, `revision ${revision} was not rejected`);
  }
  const attempt = { revision, attempt: entry.attempts + 1 };
  const approvals = control.approvals.filter((approval) => approval.revision !== revision);
  const what = `retry revision ${revision}, attempt ${attempt.attempt}`;
  return written({ paused: control.paused, approvals, retry: attempt }, what);
}

/** The attempt that is under way and can still end, or the one that has not begun yet. */
function openAttempt(situation: Situation): Attempt | undefined {
  const { record, rejected } = situation;
  if (record !== undefined && record.phase !== 'Waiting' && isInMidRun(record)) {
    if (record.phase === 'Finalising') return undefined;
    const { revision, attempt } = rolloutOf(record);
    return { revision, attempt };
  }
  const revision = pendingRevision(situation);
  if (revision === undefined) return undefined;
  const entry = rejected.find((each) => each.revision === revision);
  return entry === undefined ? { revision, attempt: 1 } : undefined;
}

/** A revision of the source that is not promoted and not the one under way. */
function pendingRevision({ record, revision }: Situation): string | undefined {
  if (record === undefined || record.phase === 'Initializing') return undefined;
  const isUnderWay = record.phase !== 'Waiting' && isInMidRun(record);
  const known = [record.promoted.revision, isUnderWay ? rolloutOf(record).revision : undefined];
  return known.includes(revision) ? undefined : revision;
}

function pruned(control: Control, { record, revision }: Situation): Control {
  const alive = new Set([revision, record?.rollout?.revision]);
  const kept = Object.entries(control).filter(
    ([, value]) => !isAttempt(value) || alive.has(value.revision),
  );
  const approvals = control.approvals.filter((approval) => alive.has(approval.revision));
  return { ...(Object.fromEntries(kept) as unknown as Control), approvals };
}

function isAttempt(value: unknown): value is Attempt {
  return typeof value === 'object' && value !== null && 'attempt' in value;
}

function written(control: Control, what: string): ActionOutcome {
  return { kind: 'written', control, what };
}

function refused({ record, revision }: Situation, why: string): ActionOutcome {
  const phase = record === undefined ? 'it is not delivered yet' : `it is ${record.phase}`;
  return {
    kind: 'refused',
    why: `${why}: ${phase}, and the source wants revision ${revision}`,
    remedy: 'see `serin status` for what the canary waits for',
  };
}
