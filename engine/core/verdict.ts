import type { MetricCheck, MetricRange } from '../../constructs/canary-spec.ts';
import type { CheckResult, Measurement } from './observation.ts';

/** Judges one measurement. No data, and a number that is none, is never a pass. */
export function judgeMetric(
  check: MetricCheck,
  measurement: Exclude<Measurement, { kind: 'pending' }>,
): CheckResult {
  const base = {
    kind: 'metric',
    name: check.name,
    metric: check.kind,
    ...(check.kind === 'builtin' ? {} : { query: check.query }),
    range: check.range,
  } as const;
  switch (measurement.kind) {
    case 'error':
      return { ...base, verdict: 'error', detail: `query failed: ${measurement.why}` };
    case 'empty':
      return { ...base, verdict: 'inconclusive', detail: `no values found: ${measurement.why}` };
    case 'value':
      break;
  }
  const samples = measurement.samples === undefined ? {} : { samples: measurement.samples };
  if (!Number.isFinite(measurement.value)) {
    const detail = `the value is ${measurement.value}, which is not a number that can be judged`;
    return { ...base, ...samples, verdict: 'inconclusive', detail };
  }
  const { unit, value } = quantityOf(check, measurement.value);
  const breach = breachOf(check.range, value);
  const shown = `${formatNumber(check.range, value)}${unit}`;
  const detail =
    breach === undefined ? `${shown} ${rangeText(check.range, unit)}` : `${shown} ${breach}${unit}`;
  return { ...base, ...samples, verdict: breach === undefined ? 'pass' : 'fail', value, detail };
}

/** As Flagger does, durations are compared in whole milliseconds: 500.9 keeps to 500. */
function quantityOf(
  check: MetricCheck,
  value: number,
): { readonly unit: string; readonly value: number } {
  if (check.kind !== 'builtin') return { unit: '', value };
  switch (check.name) {
    case 'request-success-rate':
      return { unit: '%', value };
    case 'request-duration':
      return { unit: 'ms', value: Math.trunc(value) };
  }
}

/** Bounds are inclusive, as Flagger's are. */
function breachOf(range: MetricRange, value: number): string | undefined {
  if (range.min !== undefined && value < range.min) return `< ${range.min}`;
  if (range.max !== undefined && value > range.max) return `> ${range.max}`;
  return undefined;
}

function rangeText(range: MetricRange, unit: string): string {
  const min = range.min === undefined ? [] : [`>= ${range.min}${unit}`];
  const max = range.max === undefined ? [] : [`<= ${range.max}${unit}`];
  return [...min, ...max].join(' and ') || '(no bounds)';
}

/** Two decimals, unless that would show a value on the other side of its bound. */
function formatNumber(range: MetricRange, value: number): string {
  const rounded = Math.round(value * 100) / 100;
  return String(breachOf(range, rounded) === breachOf(range, value) ? rounded : value);
}
