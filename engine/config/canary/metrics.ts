import { z } from 'zod';
import type { BuiltinMetric, MetricCheck } from '../../../constructs/canary-spec.ts';
import { show } from '../issues.ts';
import { type Breach, DurationText, isEmpty, RuleText, unsupported } from './fields.ts';

/** `spec.analysis.metrics[]` */
export const MetricFile = z.strictObject({
  name: z.string(),
  interval: DurationText.optional(),
  threshold: z.number().optional(),
  thresholdRange: z
    .strictObject({ min: z.number().optional(), max: z.number().optional() })
    .optional(),
  query: unsupported(),
  templateRef: unsupported(),
  templateVariables: unsupported(isEmpty),
});

type MetricFile = z.infer<typeof MetricFile>;

const BUILTIN_METRICS: readonly BuiltinMetric[] = ['request-success-rate', 'request-duration'];

const DEFAULT_INTERVAL_MS = 60_000;

export function resolveMetric(metric: MetricFile): readonly MetricCheck[] {
  const name = BUILTIN_METRICS.find((known) => known === metric.name);
  if (name === undefined) return [];
  const intervalMs = metric.interval ?? DEFAULT_INTERVAL_MS;
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

export const MetricRules = z.object({ name: RuleText }).catch({});

export function metricBreaches(
  { name }: z.infer<typeof MetricRules>,
  index: number,
): readonly Breach[] {
  if (name === undefined || BUILTIN_METRICS.some((known) => known === name)) return [];
  const field = ['spec', 'analysis', 'metrics', index, 'name'];
  const message = `spec.analysis.metrics[${index}].name is ${show(name)}, which is not a known metric`;
  const remedy = `use one of: ${BUILTIN_METRICS.join(', ')}`;
  return [{ code: 'unknown-metric', field, message, remedy }];
}
