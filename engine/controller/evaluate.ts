import type { CanarySpec } from '../../constructs/canary-spec.ts';
import type { CheckResult, Evaluation } from '../core/observation.ts';
import { type RolloutRecord, rolloutOf } from '../core/record.ts';
import { judgeMetric } from '../core/verdict.ts';
import type { SecretReader } from '../ports/secret-reader.ts';
import type { EnginePorts } from './engine-ports.ts';
import { measureMetrics } from './measure.ts';

/**
 * Makes the checks of one evaluation: the `rollout` webhooks in their order, then the metrics. As
 * with Flagger, a failing webhook ends the evaluation before any metric is asked for.
 */
export async function evaluate(
  ports: EnginePorts,
  secrets: SecretReader,
  spec: CanarySpec,
  record: RolloutRecord,
): Promise<Evaluation> {
  const hooks = await callWebhooks(ports, spec, record);
  if (hooks.some((check) => check.verdict !== 'pass')) return { state: 'made', checks: hooks };
  const metrics: CheckResult[] = [];
  for (const { check, measurement } of await measureMetrics(ports, secrets, spec)) {
    if (measurement.kind === 'pending') {
      return { state: 'pending', why: measurement.why, untilMs: measurement.untilMs };
    }
    metrics.push(judgeMetric(check, measurement));
  }
  return { state: 'made', checks: [...hooks, ...metrics] };
}

async function callWebhooks(
  { webhooks }: EnginePorts,
  spec: CanarySpec,
  record: RolloutRecord,
): Promise<readonly CheckResult[]> {
  const checks: CheckResult[] = [];
  const hooks = spec.analysis.webhooks.filter(({ type }) => type === 'rollout');
  for (const webhook of hooks) {
    const outcome = await webhooks.call(webhook, {
      name: spec.name,
      namespace: spec.namespace,
      phase: record.phase,
      checksum: rolloutOf(record).revision,
    });
    const { name } = webhook;
    if (outcome.kind === 'failed') {
      return [...checks, { name, verdict: 'fail', detail: `webhook failed: ${outcome.why}` }];
    }
    checks.push({ name, verdict: 'pass', detail: `webhook answered ${outcome.status}` });
  }
  return checks;
}
