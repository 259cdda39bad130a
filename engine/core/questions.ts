import type { CanarySpec, Webhook, WebhookType } from '../../constructs/canary-spec.ts';
import type { Wait } from './decision.ts';
import type { CheckResult, Observation } from './observation.ts';
import type { RolloutRecord } from './record.ts';

/** What the shell asks the world for the core. */
export type Question =
  | { readonly kind: 'webhook'; readonly webhook: AskedWebhook }
  /** All of them at once. */
  | { readonly kind: 'metrics' }
  /** A gate that people open; what they say has been read already. */
  | { readonly kind: 'approval'; readonly check: CheckResult };

/** One that is asked, not only told. */
export type AskedWebhook = Webhook & { readonly type: Exclude<WebhookType, 'event'> };

/** Nothing can be decided before these are answered, in this order. */
export interface Ask {
  readonly kind: 'ask';
  readonly questions: readonly Question[];
}

export function hooksOf(spec: CanarySpec, type: AskedWebhook['type']): readonly Question[] {
  return spec.analysis.webhooks
    .filter((webhook): webhook is AskedWebhook => webhook.type === type)
    .map((webhook) => ({ kind: 'webhook', webhook }));
}

export function approved(checks: readonly CheckResult[]): readonly Question[] {
  return checks.map((check) => ({ kind: 'approval', check }));
}

/** Somebody outside has to answer. */
export function isAsked({ kind }: Question): boolean {
  return kind !== 'approval';
}

export function metricsOf(spec: CanarySpec): readonly Question[] {
  return spec.analysis.metrics.length === 0 ? [] : [{ kind: 'metrics' }];
}

export interface Answers {
  readonly kind: 'answers';
  readonly checks: readonly CheckResult[];
}

/** The answers, or what stands between us and them. Nothing to ask is nothing to wait for. */
export function answersTo(
  questions: readonly Question[],
  { evaluation }: Observation,
): Answers | Ask | Wait {
  const known = knownAnswers(questions);
  if (known !== undefined) return { kind: 'answers', checks: known };
  if (evaluation === undefined) return { kind: 'ask', questions };
  if (evaluation.state === 'made') return { kind: 'answers', checks: evaluation.checks };
  const { why, untilMs } = evaluation;
  return { kind: 'wait', why, untilMs, pendingEvidence: true };
}

/** The answers, where nobody outside has to be asked for any of them. */
function knownAnswers(questions: readonly Question[]): readonly CheckResult[] | undefined {
  const checks: CheckResult[] = [];
  for (const question of questions) {
    if (question.kind !== 'approval') return undefined;
    checks.push(question.check);
    if (question.check.verdict !== 'pass') break;
  }
  return checks;
}

/** The answer that stands in the way: the last one, because nothing is asked after it. */
export function refusalIn(checks: readonly CheckResult[]): CheckResult | undefined {
  return checks.find(({ verdict }) => verdict !== 'pass');
}

/** When a round of questions that came to nothing is tried again. */
export function nextRoundMs(
  spec: CanarySpec,
  record: RolloutRecord,
  { asked }: Pick<Observation, 'asked'>,
): number {
  return lastRoundMs(record, asked) + spec.analysis.intervalMs;
}

/**
 * The same for rounds that keep the pace of the first one, as Flagger's ticker does: a round that came
 * late, by half an interval at the most, does not put off those after it.
 * @param paceMs one interval before the first round
 */
export function nextRoundInPaceMs(
  spec: CanarySpec,
  record: RolloutRecord,
  { asked }: Pick<Observation, 'asked'>,
  paceMs: number,
): number {
  const { intervalMs } = spec.analysis;
  const lastMs = lastRoundMs(record, asked);
  const lateMs = Math.max(0, lastMs - paceMs) % intervalMs;
  return lastMs + intervalMs - (lateMs <= intervalMs / 2 ? lateMs : 0);
}

function lastRoundMs({ decidedAtMs }: RolloutRecord, asked: Observation['asked']): number {
  return Math.max(decidedAtMs, asked?.atMs ?? 0);
}

/** A gate was found closed: the next round may find it open. */
export function waitForGate(spec: CanarySpec, closed: CheckResult, nowMs: number): Wait {
  return {
    kind: 'wait',
    why: closedText(closed),
    untilMs: nowMs + spec.analysis.intervalMs,
    answered: true,
    closed,
  };
}

/** Between two rounds. */
export function waitForRound(
  { asked }: Pick<Observation, 'asked'>,
  untilMs: number,
  otherwise: string,
): Wait {
  const closed = asked?.closed;
  return closed === undefined
    ? { kind: 'wait', why: otherwise, untilMs }
    : { kind: 'wait', why: closedText(closed), untilMs, closed };
}

export function closedText({ kind, name, detail }: CheckResult): string {
  return `waiting for ${kind} approval: ${name} ${detail}`;
}
