import type {
  AnalysisSpec,
  CanarySpec,
  MetricCheck,
  ServiceSpec,
  Webhook,
} from '../../constructs/canary-spec.ts';
import type { CanaryFile } from './canary-file.ts';
import { BUILTIN_METRICS } from './canary-rules.ts';

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

/** A written Canary that breaks no rule, with every default filled in. */
export function resolveCanary({ metadata, spec }: CanaryFile): CanarySpec {
  return {
    namespace: metadata.namespace ?? 'default',
    name: metadata.name,
    provider: 'istio',
    target: { apiVersion: 'apps/v1', kind: 'Deployment', name: spec.targetRef.name },
    service: resolveService(spec.service, spec.targetRef.name),
    analysis: resolveAnalysis(spec.analysis),
    progressDeadlineSeconds: spec.progressDeadlineSeconds ?? DEFAULTS.progressDeadlineSeconds,
  };
}

function resolveAnalysis(analysis: AnalysisFile): AnalysisSpec {
  const threshold = analysis.threshold ?? DEFAULTS.threshold;
  return {
    intervalMs: Math.max(DEFAULTS.intervalMinMs, analysis.interval ?? DEFAULTS.intervalMs),
    threshold: threshold > 0 ? threshold : DEFAULTS.threshold,
    stepWeights:
      analysis.stepWeights ??
      evenLadder(analysis.stepWeight ?? 0, analysis.maxWeight ?? DEFAULTS.maxWeight),
    stepWeightPromotion: analysis.stepWeightPromotion ?? 0,
    primaryReadyThreshold: analysis.primaryReadyThreshold ?? DEFAULTS.readyThreshold,
    canaryReadyThreshold: analysis.canaryReadyThreshold ?? DEFAULTS.readyThreshold,
    metrics: (analysis.metrics ?? []).flatMap(resolveMetric),
    webhooks: (analysis.webhooks ?? []).map(resolveWebhook),
  };
}

/** Steps of one size until the maximum is reached or passed; the last may overshoot it, up to 100. */
function evenLadder(stepWeight: number, maxWeight: number): readonly number[] {
  const weights: number[] = [];
  for (let weight = 0; stepWeight > 0 && weight < maxWeight;) {
    weight = Math.min(100, weight + stepWeight);
    weights.push(weight);
  }
  return weights;
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

function resolveMetric(metric: MetricFile): readonly MetricCheck[] {
  const name = BUILTIN_METRICS.find((known) => known === metric.name);
  if (name === undefined) return [];
  const intervalMs = metric.interval ?? DEFAULTS.metricIntervalMs;
  return [{ name, intervalMs, range: resolveRange(name, metric) }];
}

/** The old `threshold` is a minimum for the success rate and a maximum for everything else. */
function resolveRange(name: MetricCheck['name'], metric: MetricFile): MetricCheck['range'] {
  const { thresholdRange, threshold = 0 } = metric;
  if (thresholdRange === undefined) {
    return name === 'request-success-rate' ? { min: threshold } : { max: threshold };
  }
  const { min, max } = thresholdRange;
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

function resolveWebhook(webhook: NonNullable<AnalysisFile['webhooks']>[number]): Webhook {
  return {
    name: webhook.name,
    type: 'rollout',
    url: webhook.url,
    timeoutMs: webhook.timeout ?? DEFAULTS.webhookTimeoutMs,
    retries: webhook.retries ?? 0,
    metadata: webhook.metadata ?? {},
  };
}
