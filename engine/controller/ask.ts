import type { CanarySpec } from '../../constructs/canary-spec.ts';
import type { CheckResult, Evaluation, SourceObservation } from '../core/observation.ts';
import type { Phase } from '../core/phase.ts';
import type { AskedWebhook, Question } from '../core/questions.ts';
import { type RolloutRecord, rolloutOf } from '../core/record.ts';
import { judgeMetric } from '../core/verdict.ts';
import type { SecretReader } from '../ports/secret-reader.ts';
import type { WebhookOutcome, WebhookPayload } from '../ports/webhook-client.ts';
import type { EnginePorts } from './engine-ports.ts';
import { measureMetrics } from './measure.ts';

/** Who is asked. */
type Asked = Pick<EnginePorts, 'clock' | 'metrics' | 'webhooks'>;

/** What the questions are about. */
export interface Asker {
  readonly spec: CanarySpec;
  readonly record: RolloutRecord;
  readonly source: SourceObservation;
  readonly secrets: SecretReader;
}

/**
 * Asks in order, and nothing after the first answer that is no pass: what follows does not matter
 * then, and a hook that is not called starts nothing.
 */
export async function ask(
  ports: Asked,
  asker: Asker,
  questions: readonly Question[],
): Promise<Evaluation> {
  const checks: CheckResult[] = [];
  for (const question of questions) {
    const answer = await answerTo(ports, asker, question);
    if (answer.state === 'pending') return answer;
    checks.push(...answer.checks);
    if (answer.checks.some(({ verdict }) => verdict !== 'pass')) break;
  }
  return { state: 'made', checks };
}

function answerTo(ports: Asked, asker: Asker, question: Question): Promise<Evaluation> {
  switch (question.kind) {
    case 'metrics':
      return measure(ports, asker);
    case 'webhook':
      return callWebhook(ports, asker, question.webhook);
    case 'approval':
      return Promise.resolve({ state: 'made', checks: [question.check] });
  }
}

async function measure(ports: Asked, { spec, secrets }: Asker): Promise<Evaluation> {
  const checks: CheckResult[] = [];
  for (const { check, measurement } of await measureMetrics(ports, secrets, spec)) {
    if (measurement.kind === 'pending') {
      return { state: 'pending', why: measurement.why, untilMs: measurement.untilMs };
    }
    checks.push(judgeMetric(check, measurement));
  }
  return { state: 'made', checks };
}

async function callWebhook(
  { webhooks }: Asked,
  asker: Asker,
  webhook: AskedWebhook,
): Promise<Evaluation> {
  const outcome = await webhooks.call(webhook, payloadOf(asker, webhook));
  return { state: 'made', checks: [answerOf(webhook, outcome)] };
}

/**
 * Flagger's payload. Its phase is that of the canary where a hook may be asked in several, and its
 * checksum that of the revision which the question is about: a gate must not be shown the one before.
 */
function payloadOf({ spec, record, source }: Asker, { type }: AskedWebhook): WebhookPayload {
  const isUnderWay = record.phase === 'Progressing' || record.phase === 'WaitingPromotion';
  const isOfRollout = isUnderWay || type === 'post-rollout';
  return {
    name: spec.name,
    namespace: spec.namespace,
    phase: phaseFor(type, record.phase),
    checksum: isOfRollout ? rolloutOf(record).revision : source.revision,
  };
}

function phaseFor(type: AskedWebhook['type'], phase: Phase): Phase {
  switch (type) {
    case 'confirm-rollout':
    case 'post-rollout':
    case 'rollback':
      return phase;
    case 'pre-rollout':
    case 'rollout':
    case 'confirm-traffic-increase':
    case 'confirm-promotion':
      return 'Progressing';
  }
}

function answerOf({ name, type: kind }: AskedWebhook, outcome: WebhookOutcome): CheckResult {
  const isPassed = outcome.kind === 'ok';
  const said = isPassed ? `answered ${outcome.status}` : outcome.why;
  switch (kind) {
    case 'rollback':
      return isPassed
        ? { kind, name, verdict: 'fail', detail: `asks for a rollback: ${said}` }
        : { kind, name, verdict: 'pass', detail: `asks for no rollback: ${said}` };
    case 'confirm-rollout':
    case 'confirm-traffic-increase':
    case 'confirm-promotion':
      return isPassed
        ? { kind, name, verdict: 'pass', detail: `is open: ${said}` }
        : { kind, name, verdict: 'fail', detail: `is closed: ${said}` };
    case 'pre-rollout':
    case 'rollout':
    case 'post-rollout':
      return isPassed
        ? { kind, name, verdict: 'pass', detail: said }
        : { kind, name, verdict: 'fail', detail: `failed: ${said}` };
  }
}
