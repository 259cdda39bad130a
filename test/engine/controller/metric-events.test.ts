import { describe, expect, it } from 'vitest';
import type { MetricCheck } from '../../../constructs/canary-spec.ts';
import { metricHalt } from '../../../engine/controller/metric-events.ts';
import type { Measurement } from '../../../engine/core/observation.ts';
import { judgeMetric } from '../../../engine/core/verdict.ts';
import { aSpec } from '../../support/builders.ts';

const rate: MetricCheck = {
  kind: 'builtin',
  name: 'request-success-rate',
  intervalMs: 1,
  range: { min: 99, max: 99.95 },
};
const duration: MetricCheck = {
  kind: 'builtin',
  name: 'request-duration',
  intervalMs: 1,
  range: { min: 10, max: 500 },
};
const range = { min: 5, max: 1_000_000 };
const query: MetricCheck = { kind: 'query', name: 'errors', query: 'q', intervalMs: 1, range };
const template: MetricCheck = {
  kind: 'template',
  name: 'latency',
  query: 'q',
  intervalMs: 1,
  range,
  template: { namespace: 'test', name: 'tpl' },
  provider: { type: 'datadog', headers: {}, insecureSkipVerify: false },
};

const spec = aSpec({}, { name: 'shop', namespace: 'test' });
const halt = (check: MetricCheck, measurement: Exclude<Measurement, { kind: 'pending' }>) =>
  metricHalt(spec, 'shop.test', { ...judgeMetric(check, measurement), metric: check.kind });
const value = (number: number) => ({ kind: 'value', value: number }) as const;
const empty = { kind: 'empty', why: 'the query found no series' } as const;
const error = (why = 'HTTP 500: boom') => ({ kind: 'error', why }) as const;

/** Texts as a real Flagger was seen to write them, up to the words of the metrics server. */
describe('a metric that does not pass', () => {
  it.each([
    [rate, value(95), 'Halt shop.test advancement success rate 95.00% < 99%'],
    [rate, value(100), 'Halt shop.test advancement success rate 100.00% > 99.95%'],
    [duration, value(1515.4), 'Halt shop.test advancement request duration 1.515s > 500ms'],
    [duration, value(9.9), 'Halt shop.test advancement request duration 9ms < 10ms'],
    [query, value(4.99), 'Halt shop.test advancement errors 4.99 < 5'],
    [template, value(2e6), 'Halt shop.test advancement latency 2000000.00 > 1e+06'],
  ])('is said with its value and bound (%#)', (check, measurement, text) => {
    expect(halt(check, measurement)).toBe(text);
  });

  it.each([
    [
      rate,
      'Halt advancement no values found for istio metric request-success-rate probably reviews.test is not receiving traffic: no values found: the query found no series',
    ],
    [
      duration,
      'Halt advancement no values found for istio metric request-duration probably reviews.test is not receiving traffic',
    ],
    [query, 'Halt advancement no values found for metric: errors'],
    [
      template,
      'Halt advancement no values found for custom metric: latency: no values found: the query found no series',
    ],
  ])('is said to have no values (%#)', (check, text) => {
    expect(halt(check, empty)).toBe(text);
  });

  it.each([
    [rate, 'Prometheus query failed: HTTP 500: boom'],
    [query, 'Prometheus query failed for errors: HTTP 500: boom'],
    [template, 'Metric query failed for latency: HTTP 500: boom'],
  ])('is said to have failed (%#)', (check, text) => {
    expect(halt(check, error())).toBe(text);
  });

  it('because its Secret cannot be read is said in Flagger’s words', () => {
    const why = 'Metric template tpl.test secret keys error: forbidden';
    expect(halt(template, error(why))).toBe(why);
  });
});
