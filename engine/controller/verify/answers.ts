import type { CanarySpec } from '../../../constructs/canary-spec.ts';
import { MANUAL_APPROVAL } from '../../core/control.ts';
import { canonicalJson } from '../../core/digest.ts';
import type { CheckResult } from '../../core/observation.ts';
import type { Question } from '../../core/questions.ts';
import { judgeMetric } from '../../core/verdict.ts';

/**
 * Whether answers are those to the questions that were due, in order and none left out, and each
 * measured value was judged as its bounds say. Says the first that is not.
 */
export function answersTrouble(
  spec: CanarySpec,
  questions: readonly Question[],
  checks: readonly CheckResult[],
): string | undefined {
  let at = 0;
  for (const question of questions) {
    const count = question.kind === 'metrics' ? spec.analysis.metrics.length : 1;
    const answered = checks.slice(at, at + count);
    at += count;
    const trouble = answerTrouble(spec, question, answered);
    if (trouble !== undefined) return trouble;
    if (answered.some(({ verdict }) => verdict !== 'pass')) break;
  }
  // Where people alone are asked, the decision gives their answers by itself.
  const rest =
    questions.length === 0 ? checks.filter(({ name }) => name !== MANUAL_APPROVAL) : checks;
  const extra = rest[at];
  return extra === undefined ? undefined : `the check ${extra.name} was not due`;
}

function answerTrouble(
  spec: CanarySpec,
  question: Question,
  answers: readonly CheckResult[],
): string | undefined {
  switch (question.kind) {
    case 'metrics':
      return metricsTrouble(spec, answers);
    case 'webhook':
      return webhookTrouble(question.webhook, answers[0]);
    case 'approval':
      return canonicalJson(answers[0]) === canonicalJson(question.check)
        ? undefined
        : `people said "${question.check.kind} ${question.check.detail}", and the evidence does not`;
  }
}

function webhookTrouble(
  { type, name }: { readonly type: string; readonly name: string },
  answer: CheckResult | undefined,
): string | undefined {
  return answer?.kind === type && answer.name === name
    ? undefined
    : `the ${type} webhook ${name} was due and has no answer`;
}

function metricsTrouble(spec: CanarySpec, answers: readonly CheckResult[]): string | undefined {
  for (const [index, check] of spec.analysis.metrics.entries()) {
    const answer = answers[index];
    if (answer?.kind !== 'metric' || answer.name !== check.name) {
      return `the metric ${check.name} was due and was not measured`;
    }
    const { value, samples } = answer;
    if (value === undefined) {
      if (answer.verdict === 'pass') return `the metric ${check.name} passed without a value`;
      continue;
    }
    const counted = samples === undefined ? {} : { samples };
    const judged = judgeMetric(check, { kind: 'value', value, ...counted });
    if (judged.verdict !== answer.verdict || judged.detail !== answer.detail) {
      return `the metric ${check.name} was ${value}, which is "${judged.verdict}: ${judged.detail}", not "${answer.verdict}: ${answer.detail}"`;
    }
  }
  return undefined;
}
