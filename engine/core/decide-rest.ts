import type { CanarySpec } from '../../constructs/canary-spec.ts';
import type { Change, Decision } from './decision.ts';
import {
  attemptOf,
  hooksOwed,
  reconcile,
  rejectionOf,
  releaseOf,
  waitForPrimary,
  waitForTraffic,
  waitForWorkloads,
} from './conditions.ts';
import { ABORTED, approvalOf, isAborted, isSkipped, waitForPeople } from './control.ts';
import type { CheckResult, Observation } from './observation.ts';
import {
  answersTo,
  type Ask,
  closedText,
  approved,
  hooksOf,
  isAsked,
  nextRoundMs,
  type Question,
  refusalIn,
  waitForGate,
  waitForRound,
} from './questions.ts';
import type { RolloutRecord } from './record.ts';
import { assertInvariant } from './errors.ts';
import { strategyDigestOf } from './steps.ts';

/** No rollout is under way: Initialized, Waiting, Succeeded or Failed. */
export function considerAtRest(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Observation,
  nowMs: number,
): Decision | Ask {
  switch (record.awaiting) {
    case 'traffic-on-primary':
      return waitForTraffic(seen) ?? { kind: 'clean-up', reason: 'no traffic on the canary' };
    case 'primary-ready':
      return (
        waitForPrimary(spec, seen, nowMs) ?? {
          kind: 'return-traffic',
          reason: 'primary restored and ready',
        }
      );
    case 'revision':
    case 'approval':
      return considerOwedHooks(spec, record, seen) ?? considerRevision(spec, record, seen, nowMs);
    case 'routing-live':
    case 'canary-ready':
    case 'analysis':
    case 'shift-live':
    case 'target-ready':
    case 'traffic-on-target':
    case 'routes-gone':
      assertInvariant(false, `${record.phase} awaits ${record.awaiting}`);
  }
}

/**
 * The rollout has ended and its canary is scaled down, in commits that are pushed: its post-rollout
 * hooks are called now. Whatever they answer is written down and changes nothing. A new revision
 * waits for them, because what one rollout tears down the next one may set up.
 */
function considerOwedHooks(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Observation,
): Decision | Ask | undefined {
  if (record.rollout?.hooksOwed === undefined) return undefined;
  const answers = answersTo(hooksOf(spec, 'post-rollout'), seen);
  if (answers.kind !== 'answers') return answers;
  const { checks } = answers;
  return { kind: 'post-rollout', reason: hooksText(checks), checks };
}

function hooksText(checks: readonly CheckResult[]): string {
  if (checks.length === 0) return 'none is left';
  const failed = refusalIn(checks);
  return failed === undefined
    ? checks.map(({ name }) => `${name} passed`).join(', ')
    : `${failed.name} failed: ${failed.detail}`;
}

/** The source says nothing that is to be released. */
export function isSettled(
  record: RolloutRecord,
  known: Pick<Observation, 'source' | 'rejected' | 'control'>,
): boolean {
  if (record.awaiting !== 'revision' && record.awaiting !== 'approval') return false;
  const { revision } = known.source;
  return revision === record.promoted.revision || rejectionOf(known) !== undefined;
}

function considerRevision(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Observation,
  nowMs: number,
): Decision | Ask {
  const isWaiting = record.phase === 'Waiting';
  if (isSettled(record, seen)) {
    if (isWaiting) return { kind: 'call-off', reason: settledText(record, seen) };
    if (seen.source.configDigest !== record.configDigest) return reconcile(seen);
    return decideSettled(record, seen);
  }
  if (isWaiting && seen.source.configDigest !== record.configDigest) return reconcile(seen);
  const attempt = { revision: seen.source.revision, attempt: attemptOf(seen) };
  if (isAborted(seen, attempt)) return reject(spec, seen, attempt.attempt);
  const isSkipping = isSkipped(spec, seen, attempt);
  return (
    waitForPeople(seen) ??
    waitForWorkloads(seen) ??
    (isSkipping ? undefined : waitForPrimary(spec, seen, nowMs)) ??
    considerStart(spec, record, seen, nowMs)
  );
}

/** A revision is there and could be begun with: may it? */
function considerStart(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Observation,
  nowMs: number,
): Decision | Ask {
  const isWaiting = record.phase === 'Waiting';
  const questions = startQuestions(spec, seen);
  if (isWaiting && questions.some(isAsked) && nowMs < nextRoundMs(spec, record, seen)) {
    const untilMs = nextRoundMs(spec, record, seen);
    return waitForRound(seen, untilMs, 'waiting for approval');
  }
  const answers = answersTo(questions, seen);
  if (answers.kind !== 'answers') return answers;
  const { checks } = answers;
  const refused = refusalIn(checks);
  if (refused === undefined) return start(spec, seen, tipOf(seen), checks);
  return isWaiting ? waitForGate(spec, refused, nowMs) : halt(seen, checks, refused);
}

/** Asked before every start, also of a newer revision in mid-run. */
export function startQuestions(spec: CanarySpec, seen: Observation): readonly Question[] {
  const approval = approvalOf(spec, seen, 'rollout', seen.source.revision);
  return [...approved(approval), ...hooksOf(spec, 'confirm-rollout')];
}

/** Nobody is asked about a revision that a person does not want. */
function reject(spec: CanarySpec, seen: Observation, attempt: number): Change {
  const [release, base] = [releaseOf(seen), tipOf(seen)];
  return { kind: 'reject', reason: ABORTED, release, attempt, base, ...hooksOwed(spec) };
}

export function start(
  spec: CanarySpec,
  seen: Observation,
  base: string,
  checks: readonly CheckResult[],
): Change {
  return {
    kind: 'start',
    reason: `revision ${seen.source.revision}`,
    release: releaseOf(seen),
    attempt: attemptOf(seen),
    base,
    configDigest: seen.source.configDigest,
    strategyDigest: strategyDigestOf(spec),
    ...(checks.length === 0 ? {} : { checks }),
  };
}

export function halt(
  seen: Observation,
  checks: readonly CheckResult[],
  closed: CheckResult,
): Change {
  const reason = `revision ${seen.source.revision}, ${closedText(closed)}`;
  return { kind: 'halt', reason, release: releaseOf(seen), checks };
}

function tipOf({ tip }: Observation): string {
  assertInvariant(tip !== undefined, 'a record exists without a delivery commit');
  return tip;
}

function decideSettled(record: RolloutRecord, seen: Observation): Decision {
  const rejected = rejectionOf(seen);
  if (rejected === undefined || seen.source.revision === record.promoted.revision) {
    return { kind: 'rest', why: settledText(record, seen) };
  }
  return {
    kind: 'blocked',
    why: settledText(record, seen),
    remedy: 'change the pod template in the source, or return it to the promoted revision',
  };
}

function settledText(record: RolloutRecord, seen: Observation): string {
  const { revision } = seen.source;
  const rejected = rejectionOf(seen);
  return rejected === undefined || revision === record.promoted.revision
    ? `revision ${record.promoted.revision} is promoted`
    : `revision ${revision} was rejected: ${rejected.reason}`;
}
