import type { CanarySpec, MetricCheck } from '../../constructs/canary-spec.ts';
import type { Measurement } from '../core/observation.ts';
import type { MetricSubject } from '../ports/metrics-source.ts';
import type { SecretOutcome, SecretReader } from '../ports/secret-reader.ts';
import type { EnginePorts } from './engine-ports.ts';
import { TEMPLATE_TROUBLE } from './metric-events.ts';

export interface Measured {
  readonly check: MetricCheck;
  readonly measurement: Measurement;
}

/** Asks for all metrics of a canary at one instant. */
export function measureMetrics(
  { metrics, clock }: Pick<EnginePorts, 'metrics' | 'clock'>,
  secrets: SecretReader,
  spec: CanarySpec,
): Promise<readonly Measured[]> {
  const { namespace, target, provider, metricsServer } = spec;
  const subject: MetricSubject = {
    namespace,
    workload: target.name,
    kind: target.kind,
    provider,
    ...(metricsServer === undefined ? {} : { metricsServer }),
  };
  const nowMs = clock.nowMs();
  return Promise.all(
    spec.analysis.metrics.map(async (check) => {
      const secret = await credentialsOf(check, secrets);
      const measurement: Measurement =
        secret.kind === 'read'
          ? await metrics.measure(subject, check, nowMs, secret.values)
          : { kind: 'error', why: secretTrouble(check, secret.why) };
      return { check, measurement };
    }),
  );
}

/** In Flagger's words. */
function secretTrouble(check: MetricCheck, why: string): string {
  if (check.kind !== 'template') return why;
  const { template, provider } = check;
  const secret = provider.secret?.name ?? '';
  return `${TEMPLATE_TROUBLE}${template.name}.${template.namespace} secret ${secret} error: ${why}`;
}

async function credentialsOf(check: MetricCheck, secrets: SecretReader): Promise<SecretOutcome> {
  if (check.kind !== 'template' || check.provider.secret === undefined) {
    return { kind: 'read', values: {} };
  }
  const { namespace, name } = check.provider.secret;
  return secrets.read(namespace, name);
}
