import type { CanarySpec } from '../../constructs/canary-spec.ts';
import { formatGoDuration, formatGoFloat } from '../core/go-text.ts';
import type { CheckResult } from '../core/observation.ts';

type MetricResult = CheckResult & Required<Pick<CheckResult, 'metric'>>;

/** How trouble begins that is not the metrics server's. */
export const TEMPLATE_TROUBLE = 'Metric template ';

/** What Flagger says of a metric that did not pass. */
export function metricHalt(spec: CanarySpec, canary: string, check: MetricResult): string {
  switch (check.verdict) {
    case 'inconclusive':
      return noValues(spec, check);
    case 'error':
      return queryFailed(check);
    case 'pass':
    case 'fail':
      return `Halt ${canary} advancement ${breach(check)}`;
  }
}

function noValues({ provider, target, namespace }: CanarySpec, check: MetricResult): string {
  const { name, metric, detail } = check;
  switch (metric) {
    case 'builtin': {
      const source = `${provider} metric ${name} probably ${target.name}.${namespace}`;
      const halt = `Halt advancement no values found for ${source} is not receiving traffic`;
      return name === 'request-success-rate' ? `${halt}: ${detail}` : halt;
    }
    case 'query':
      return `Halt advancement no values found for metric: ${name}`;
    case 'template':
      return `Halt advancement no values found for custom metric: ${name}: ${detail}`;
  }
}

function queryFailed({ name, metric, detail }: MetricResult): string {
  const why = detail.replace(/^query failed: /, '');
  switch (metric) {
    case 'builtin':
      return `Prometheus query failed: ${why}`;
    case 'query':
      return `Prometheus query failed for ${name}: ${why}`;
    case 'template':
      if (why.startsWith(TEMPLATE_TROUBLE)) return why;
      return `Metric query failed for ${name}: ${why}`;
  }
}

function breach({ name, metric, value = 0, range = {} }: MetricResult): string {
  const [sign, bound] =
    range.min !== undefined && value < range.min ? ['<', range.min] : ['>', range.max ?? 0];
  if (metric !== 'builtin') return `${name} ${value.toFixed(2)} ${sign} ${formatGoFloat(bound)}`;
  return name === 'request-success-rate'
    ? `success rate ${value.toFixed(2)}% ${sign} ${formatGoFloat(bound)}%`
    : `request duration ${formatGoDuration(value)} ${sign} ${formatGoDuration(bound)}`;
}
