import type {
  AnalysisSpec,
  BuiltinMetric,
  CanarySpec,
  MetricCheck,
  ServiceSpec,
  Webhook,
} from '../../constructs/canary-spec.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import type { CanaryFile } from './canary-file.ts';
import { show } from './issues.ts';

/** A rule that a written Canary breaks, at a field of it. */
export interface Breach {
  readonly code: ErrorCode;
  readonly field: readonly PropertyKey[];
  readonly message: string;
  readonly remedy: string;
}

export const ROUTING_PROVIDERS = ['istio'] as const;
export const BUILTIN_METRICS: readonly BuiltinMetric[] = [
  'request-success-rate',
  'request-duration',
];

/** Flagger's defaults, applied here and nowhere else. */
const DEFAULTS = {
  intervalMs: 60_000,
  /** Flagger raises a shorter interval to this one. */
  intervalMinMs: 10_000,
  threshold: 1,
  maxWeight: 100,
  readyThreshold: 100,
  progressDeadlineSeconds: 600,
  metricIntervalMs: 60_000,
  webhookTimeoutMs: 10_000,
} as const;

type AnalysisFile = CanaryFile['spec']['analysis'];

/** Applies defaults and rules; every breach at once. */
export function resolveCanary(
  file: CanaryFile,
): { readonly spec: CanarySpec } | { readonly breaches: readonly Breach[] } {
  const { metadata, spec } = file;
  const ladder = resolveLadder(spec.analysis);
  const metrics = (spec.analysis.metrics ?? []).map(resolveMetric);
  const webhooks = (spec.analysis.webhooks ?? []).map(resolveWebhook);
  const breaches = [
    ...providerBreaches(spec.provider),
    ...targetBreaches(spec.targetRef),
    ...ladder.breaches,
    ...[...metrics, ...webhooks].flatMap((resolved) =>
      'breach' in resolved ? [resolved.breach] : [],
    ),
  ];
  if (breaches.length > 0) return { breaches };
  return {
    spec: {
      namespace: metadata.namespace ?? 'default',
      name: metadata.name,
      provider: 'istio',
      target: { apiVersion: 'apps/v1', kind: 'Deployment', name: spec.targetRef.name },
      service: resolveService(spec.service, spec.targetRef.name),
      analysis: {
        ...resolveNumbers(spec.analysis),
        stepWeights: ladder.weights,
        metrics: metrics.flatMap((resolved) => ('metric' in resolved ? [resolved.metric] : [])),
        webhooks: webhooks.flatMap((resolved) => ('webhook' in resolved ? [resolved.webhook] : [])),
      },
      progressDeadlineSeconds: spec.progressDeadlineSeconds ?? DEFAULTS.progressDeadlineSeconds,
    },
  };
}

function resolveNumbers(
  analysis: AnalysisFile,
): Omit<AnalysisSpec, 'stepWeights' | 'metrics' | 'webhooks'> {
  const threshold = analysis.threshold ?? DEFAULTS.threshold;
  return {
    intervalMs: Math.max(DEFAULTS.intervalMinMs, analysis.interval ?? DEFAULTS.intervalMs),
    threshold: threshold > 0 ? threshold : DEFAULTS.threshold,
    stepWeightPromotion: analysis.stepWeightPromotion ?? 0,
    primaryReadyThreshold: analysis.primaryReadyThreshold ?? DEFAULTS.readyThreshold,
    canaryReadyThreshold: analysis.canaryReadyThreshold ?? DEFAULTS.readyThreshold,
  };
}

function providerBreaches(provider: string | undefined): readonly Breach[] {
  if (provider === undefined || ROUTING_PROVIDERS.some((known) => known === provider)) return [];
  const field = ['spec', 'provider'];
  const message = `spec.provider is ${show(provider)}, which is not a known routing provider`;
  return [
    {
      code: 'unknown-provider',
      field,
      message,
      remedy: `use one of: ${ROUTING_PROVIDERS.join(', ')}`,
    },
  ];
}

function targetBreaches({ apiVersion, kind }: CanaryFile['spec']['targetRef']): readonly Breach[] {
  if (apiVersion === 'apps/v1' && kind === 'Deployment') return [];
  const field = ['spec', 'targetRef', 'kind'];
  const message = `spec.targetRef is a ${kind} of ${apiVersion}, which cannot be a target yet`;
  return [{ code: 'unsupported-field', field, message, remedy: 'use a Deployment of apps/v1' }];
}

interface Ladder {
  readonly weights: readonly number[];
  readonly breaches: readonly Breach[];
}

/** The weights that a rollout takes, in order, as Flagger would take them. */
function resolveLadder(analysis: AnalysisFile): Ladder {
  const { stepWeight, stepWeights, maxWeight } = analysis;
  const at = (name: string, ...rest: PropertyKey[]) => ['spec', 'analysis', name, ...rest];
  if (stepWeight !== undefined && stepWeights !== undefined) {
    const message = 'stepWeight and stepWeights are both written, so the ladder has two meanings';
    return invalid(at('stepWeights'), message, 'keep one of the two');
  }
  if (stepWeights !== undefined) {
    const breaches = stepWeights.flatMap((weight, index) => {
      const previous = stepWeights[index - 1] ?? 0;
      if (isWeight(weight) && weight > previous) return [];
      const message = `spec.analysis.stepWeights[${index}] is ${weight}; weights are whole, 1 to 100, each larger than the one before`;
      return invalid(at('stepWeights', index), message, 'list the weights in rising order')
        .breaches;
    });
    if (stepWeights.length > 0) return { weights: stepWeights, breaches };
    return invalid(at('stepWeights'), 'spec.analysis.stepWeights is empty', 'list the weights');
  }
  if (stepWeight === undefined) {
    const message =
      'spec.analysis has neither stepWeight nor stepWeights, so no traffic would move';
    return invalid(['spec', 'analysis'], message, 'write spec.analysis.stepWeight');
  }
  const max = maxWeight ?? DEFAULTS.maxWeight;
  const breaches = [
    ...weightBreaches('stepWeight', stepWeight),
    ...(maxWeight === undefined ? [] : weightBreaches('maxWeight', maxWeight)),
  ];
  return { weights: breaches.length > 0 ? [] : evenLadder(stepWeight, max), breaches };
}

function weightBreaches(name: string, value: number): readonly Breach[] {
  if (isWeight(value)) return [];
  const message = `spec.analysis.${name} is ${value}; a weight is whole, 1 to 100`;
  return invalid(['spec', 'analysis', name], message, `write a whole ${name} from 1 to 100`)
    .breaches;
}

function isWeight(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 100;
}

/** Steps of one size until the maximum is reached or passed; the last may overshoot it, up to 100. */
function evenLadder(stepWeight: number, maxWeight: number): readonly number[] {
  const weights: number[] = [];
  for (let weight = 0; weight < maxWeight;) {
    weight = Math.min(100, weight + stepWeight);
    weights.push(weight);
  }
  return weights;
}

function invalid(field: readonly PropertyKey[], message: string, remedy: string): Ladder {
  return { weights: [], breaches: [{ code: 'invalid-weights', field, message, remedy }] };
}

/** Istio hosts and gateways as Flagger fills them in. */
function resolveService(service: CanaryFile['spec']['service'], target: string): ServiceSpec {
  const name = service.name ?? target;
  const hosts = service.hosts ?? [];
  return {
    name,
    port: service.port,
    portName: service.portName ?? 'http',
    targetPort: service.targetPort ?? service.port,
    gateways: service.gateways ?? ['mesh'],
    hosts: hosts.includes(name) || hosts.includes('*') ? hosts : [...hosts, name],
  };
}

type MetricFile = NonNullable<AnalysisFile['metrics']>[number];

function resolveMetric(
  metric: MetricFile,
  index: number,
): { readonly metric: MetricCheck } | { readonly breach: Breach } {
  const name = BUILTIN_METRICS.find((known) => known === metric.name);
  if (name === undefined) {
    const field = ['spec', 'analysis', 'metrics', index, 'name'];
    const message = `spec.analysis.metrics[${index}].name is ${show(metric.name)}, which is not a known metric`;
    const remedy = `use one of: ${BUILTIN_METRICS.join(', ')}`;
    return { breach: { code: 'unknown-metric', field, message, remedy } };
  }
  const intervalMs = metric.interval ?? DEFAULTS.metricIntervalMs;
  return { metric: { name, intervalMs, range: resolveRange(name, metric) } };
}

/** The old `threshold` is a minimum for the success rate and a maximum for everything else. */
function resolveRange(name: BuiltinMetric, metric: MetricFile): MetricCheck['range'] {
  const { thresholdRange, threshold } = metric;
  if (thresholdRange === undefined) {
    return name === 'request-success-rate' ? { min: threshold ?? 0 } : { max: threshold ?? 0 };
  }
  const { min, max } = thresholdRange;
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

type WebhookFile = NonNullable<AnalysisFile['webhooks']>[number];

function resolveWebhook(
  webhook: WebhookFile,
  index: number,
): { readonly webhook: Webhook } | { readonly breach: Breach } {
  const type = webhook.type ?? '';
  if (type !== '' && type !== 'rollout') {
    const field = ['spec', 'analysis', 'webhooks', index, 'type'];
    const message = `spec.analysis.webhooks[${index}].type is ${show(type)}, which is not supported yet`;
    return { breach: { code: 'unsupported-field', field, message, remedy: 'use type rollout' } };
  }
  return {
    webhook: {
      name: webhook.name,
      type: 'rollout',
      url: webhook.url,
      timeoutMs: webhook.timeout ?? DEFAULTS.webhookTimeoutMs,
      retries: webhook.retries ?? 0,
      metadata: webhook.metadata ?? {},
    },
  };
}
