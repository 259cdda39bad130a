import { z } from 'zod';
import type { AnalysisSpec } from '../../../constructs/canary-spec.ts';
import { alertBreaches, AlertFile, AlertRules, resolveAlerts, trafficRouting } from './alerts.ts';
import { type Breach, DurationText, Percent } from './fields.ts';
import {
  metricBreaches,
  MetricFile,
  MetricRules,
  type QuerySubject,
  resolveMetric,
} from './metrics.ts';
import type { References } from './references.ts';
import { resolveSessionAffinity, SessionAffinityFile } from './session-affinity.ts';
import { resolveStrategy, STRATEGY_FIELDS, STRATEGY_RULES, strategyBreaches } from './strategy.ts';
import { resolveWebhook, webhookBreaches, WebhookFile, WebhookRules } from './webhooks.ts';

/** `spec.analysis` */
export const AnalysisFile = z.strictObject({
  interval: DurationText.optional(),
  threshold: z.number().int().optional(),
  stepWeightPromotion: Percent.optional(),
  primaryReadyThreshold: Percent.optional(),
  canaryReadyThreshold: Percent.optional(),
  metrics: z.array(MetricFile).optional(),
  webhooks: z.array(WebhookFile).optional(),
  alerts: z.array(AlertFile).optional(),
  sessionAffinity: SessionAffinityFile.optional(),
  ...STRATEGY_FIELDS,
});

const DEFAULTS = {
  intervalMs: 60_000,
  /** Flagger raises a shorter interval to this one. */
  intervalMinMs: 10_000,
  threshold: 1,
  readyThreshold: 100,
} as const;

export function resolveAnalysis(
  analysis: z.infer<typeof AnalysisFile>,
  subject: QuerySubject,
  { alertProviders, metricTemplates }: References,
): AnalysisSpec {
  const queries = { subject, templates: metricTemplates };
  const { threshold = DEFAULTS.threshold, sessionAffinity } = analysis;
  return {
    intervalMs: Math.max(DEFAULTS.intervalMinMs, analysis.interval ?? DEFAULTS.intervalMs),
    threshold: threshold > 0 ? threshold : DEFAULTS.threshold,
    strategy: resolveStrategy(analysis),
    stepWeightPromotion: analysis.stepWeightPromotion ?? 0,
    primaryReadyThreshold: analysis.primaryReadyThreshold ?? DEFAULTS.readyThreshold,
    canaryReadyThreshold: analysis.canaryReadyThreshold ?? DEFAULTS.readyThreshold,
    metrics: (analysis.metrics ?? []).flatMap((metric) => resolveMetric(metric, queries)),
    webhooks: (analysis.webhooks ?? []).map(resolveWebhook),
    alerts: resolveAlerts(analysis.alerts ?? [], subject.namespace, alertProviders),
    trafficRouting: trafficRouting(analysis),
    ...(sessionAffinity && { sessionAffinity: resolveSessionAffinity(sessionAffinity) }),
  };
}

export const AnalysisRules = z.object({
  ...STRATEGY_RULES,
  metrics: z.array(MetricRules).catch([]).default([]),
  webhooks: z.array(WebhookRules).catch([]).default([]),
  alerts: z.array(AlertRules).catch([]).default([]),
});

export function analysisBreaches(
  analysis: z.infer<typeof AnalysisRules>,
  subject: QuerySubject,
  { alertProviders, metricTemplates }: References,
): readonly Breach[] {
  const queries = { subject, templates: metricTemplates };
  return [
    ...strategyBreaches(analysis),
    ...analysis.metrics.flatMap((metric, index) => metricBreaches(metric, index, queries)),
    ...analysis.webhooks.flatMap(webhookBreaches),
    ...analysis.alerts.flatMap((alert, index) =>
      alertBreaches(alert, index, subject.namespace, alertProviders),
    ),
  ];
}
