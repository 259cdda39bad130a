import type { CanarySpec } from '../../constructs/canary-spec.ts';
import { hooksOwed } from './conditions.ts';
import { approvalOf } from './control.ts';
import type { Decision } from './decision.ts';
import { assertInvariant } from './errors.ts';
import type { CheckResult, Observation } from './observation.ts';
import {
  answersTo,
  approved,
  type Ask,
  closedText,
  hooksOf,
  metricsOf,
  nextRoundInPaceMs,
  nextRoundMs,
  type Question,
  refusalIn,
  waitForGate,
  waitForRound,
} from './questions.ts';
import { type RolloutRecord, rolloutOf } from './record.ts';
import { nextStep, type NextStep, stepText } from './steps.ts';

/** The canary is ready, and nobody has met it: hooks are asked, and there is nothing to measure. */
export function considerFirstPass(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Observation,
  nowMs: number,
): Decision | Ask {
  const wasAsked = rolloutOf(record).evaluations > 0 || seen.asked !== undefined;
  const dueMs = nextRoundMs(spec, record, seen);
  if (wasAsked && nowMs < dueMs) {
    return waitForRound(seen, dueMs, 'the pre-rollout hooks are asked again');
  }
  const next = nextStep(spec, record);
  const questions = [
    ...hooksOf(spec, 'rollback'),
    ...hooksOf(spec, 'pre-rollout'),
    ...gatesBefore(spec, record, seen, next),
  ];
  return considerAnswers(spec, record, seen, { next, questions, what: 'canary ready' }, nowMs);
}

/** A step is live: one interval later it is judged. */
export function considerAnalysis(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Observation,
  nowMs: number,
): Decision | Ask {
  const sinceMs = seen.traffic.state === 'live' ? seen.traffic.sinceMs : nowMs;
  const nextMs = nextRoundInPaceMs(spec, record, seen, sinceMs);
  const dueMs = Math.max(sinceMs + spec.analysis.intervalMs, nextMs);
  if (nowMs < dueMs) {
    const why = `${standingText(spec, record)} is live, next evaluation after one interval`;
    return waitForRound(seen, dueMs, why);
  }
  const next = nextStep(spec, record);
  const questions = [
    ...hooksOf(spec, 'rollback'),
    ...hooksOf(spec, 'rollout'),
    ...metricsOf(spec),
    ...gatesBefore(spec, record, seen, next),
  ];
  return considerAnswers(spec, record, seen, { next, questions }, nowMs);
}

function standingText(spec: CanarySpec, record: RolloutRecord): string {
  const { weights, mirrored } = record;
  const { strategy } = spec.analysis;
  if (strategy.kind === 'canary') {
    return mirrored ? 'the mirror' : `weight ${weights.canary}`;
  }
  return stepText(strategy, { ...record, iterations: rolloutOf(record).iterations });
}

/**
 * Flagger's rule: the canary strategy asks before each step, the promotion included, but neither
 * after mirroring nor once somebody is asked for the promotion; A/B testing and blue/green ask for
 * the promotion alone, blue/green before it routes everything to the canary as well. People who
 * approve traffic are asked before any of it, whatever the strategy, and not when none is added.
 */
function gatesBefore(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Observation,
  next: NextStep,
): readonly Question[] {
  const { revision } = rolloutOf(record);
  const { strategy } = spec.analysis;
  const isWaiting = record.phase === 'WaitingPromotion' && next.kind === 'promote';
  const asksForTraffic = strategy.kind === 'canary' && record.mirrored !== true && !isWaiting;
  const isPromoted = isPromotion(spec, next);
  return [
    ...(isRise(record, next)
      ? approved(approvalOf(spec, seen, 'traffic-increase', revision, next.weights))
      : []),
    ...(asksForTraffic ? hooksOf(spec, 'confirm-traffic-increase') : []),
    ...(isPromoted ? approved(approvalOf(spec, seen, 'promotion', revision)) : []),
    ...(isPromoted ? hooksOf(spec, 'confirm-promotion') : []),
  ];
}

function isRise(
  { weights }: RolloutRecord,
  next: NextStep,
): next is Extract<NextStep, { kind: 'step' }> {
  return next.kind === 'step' && next.weights.canary > weights.canary;
}

/** The promotion, and the step of blue/green that routes everything to the canary before it. */
function isPromotion({ analysis: { strategy } }: CanarySpec, next: NextStep) {
  if (next.kind === 'promote') return true;
  return strategy.kind === 'blue-green' && (next.iterations ?? 0) > strategy.iterations;
}

interface Round {
  readonly next: NextStep;
  readonly questions: readonly Question[];
  /** What has been found in order, where no analysis was made. */
  readonly what?: string;
}

function considerAnswers(
  spec: CanarySpec,
  record: RolloutRecord,
  seen: Observation,
  { next, questions, what }: Round,
  nowMs: number,
): Decision | Ask {
  const answers = answersTo(questions, seen);
  if (answers.kind !== 'answers') return answers;
  const { checks } = answers;
  const refused = refusalIn(checks);
  if (refused === undefined) {
    // Nothing was asked and nothing measured in a first pass: there is no evaluation to write down.
    const evidence = what !== undefined && checks.length === 0 ? {} : { checks };
    const passed = [
      what,
      checks.length === 0 && what !== undefined ? undefined : passedText(checks),
    ];
    const reason = passed.filter((part) => part !== undefined).join(', ');
    if (next.kind === 'promote') return { kind: 'promote', reason, ...evidence };
    const { kind: _, ...step } = next;
    const where = stepText(spec.analysis.strategy, step);
    return { kind: 'advance', reason: `${where}, ${reason}`, ...step, ...evidence };
  }
  return decideRefused(spec, record, checks, refused, nowMs);
}

function decideRefused(
  spec: CanarySpec,
  record: RolloutRecord,
  checks: readonly CheckResult[],
  refused: CheckResult,
  nowMs: number,
): Decision {
  switch (refused.kind) {
    case 'rollback': {
      const reason = 'manual webhook invoked';
      return { kind: 'rollback', reason, restorePrimary: false, checks, ...hooksOwed(spec) };
    }
    case 'pre-rollout':
    case 'rollout':
    case 'metric':
      return { kind: 'check-failed', reason: failureText(checks), checks };
    case 'confirm-promotion':
      return record.phase === 'WaitingPromotion'
        ? waitForGate(spec, refused, nowMs)
        : { kind: 'halt-promotion', reason: closedText(refused), checks };
    case 'confirm-traffic-increase':
      return waitForGate(spec, refused, nowMs);
    case 'confirm-rollout':
    case 'post-rollout':
      assertInvariant(false, `${refused.kind} was asked in the middle of a rollout`);
  }
}

function failureText(checks: readonly CheckResult[]): string {
  const failed = checks.filter((check) => check.verdict !== 'pass');
  return failed.map((check) => `${check.name} ${check.detail}`).join('; ');
}

function passedText(checks: readonly CheckResult[]): string {
  return checks.length === 1 ? '1 check passed' : `${checks.length} checks passed`;
}
