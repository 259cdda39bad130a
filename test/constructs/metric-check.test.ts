import { Duration } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { MetricCheck, PropertyError } from '../../constructs/index.ts';

describe('MetricCheck', () => {
  it('writes the success rate with its lower bound in percent', () => {
    const check = MetricCheck.successRate({ min: 99, interval: Duration.seconds(30) });
    expect(check._toKube()).toEqual({
      name: 'request-success-rate',
      thresholdRange: { min: 99 },
      interval: '30s',
    });
  });

  it('writes the duration with its upper bound in milliseconds', () => {
    const check = MetricCheck.duration({ max: Duration.seconds(2) });
    expect(check._toKube()).toEqual({
      name: 'request-duration',
      thresholdRange: { max: 2000 },
      interval: '1m',
    });
  });

  it.each([-1, 100.1, Number.NaN])('refuses a success rate of %d', (min) => {
    expect(() => MetricCheck.successRate({ min })).toThrow(PropertyError);
    expect(() => MetricCheck.successRate({ min })).toThrow(`min is ${min}, `);
  });

  it('accepts a success rate of 0 and of 100, which are shares', () => {
    expect(MetricCheck.successRate({ min: 0 })._toKube().thresholdRange).toEqual({ min: 0 });
    expect(MetricCheck.successRate({ min: 100 })._toKube().thresholdRange).toEqual({ min: 100 });
  });

  it('refuses a duration of 0 and a window below a second', () => {
    expect(() => MetricCheck.duration({ max: Duration.millis(0) })).toThrow(/^max is "0 ms", /);
    const interval = Duration.millis(500);
    expect(() => MetricCheck.successRate({ min: 99, interval })).toThrow(
      /^interval is "0\.5 seconds", .* at least 1: /,
    );
  });

  it('writes a query of its own with its bounds and variables', () => {
    const check = MetricCheck.query({
      name: 'errors',
      query: 'errors{zone="{{ variables.zone }}"}',
      min: 0,
      max: 1.5,
      interval: Duration.seconds(90),
      variables: { zone: 'eu' },
    });
    expect(check._toKube()).toEqual({
      name: 'errors',
      thresholdRange: { min: 0, max: 1.5 },
      interval: '90s',
      query: 'errors{zone="{{ variables.zone }}"}',
      templateVariables: { zone: 'eu' },
    });
  });

  it('names a template that is made elsewhere, and is called after it', () => {
    const template = { name: 'latency', namespace: 'monitoring' };
    expect(MetricCheck.template({ template, max: 0.5 })._toKube()).toEqual({
      name: 'latency',
      thresholdRange: { max: 0.5 },
      interval: '1m',
      templateRef: { name: 'latency', namespace: 'monitoring' },
    });
    const own = MetricCheck.template({ name: 'p99', template: { name: 'latency' }, min: 1 });
    expect(own._toKube()).toMatchObject({ name: 'p99', templateRef: { name: 'latency' } });
  });

  it.each([
    [{ name: '', max: 1 }, /^name is ""/],
    [{ query: ' ', max: 1 }, /^query is " "/],
    [{}, /^max is undefined, .* every value would pass/],
    [{ min: 2, max: 1 }, /^min is 2, but max is 1, so no value would pass/],
    [{ max: Number.NaN }, /^max is NaN, .* a number/],
    [{ max: 1, interval: Duration.millis(10) }, /^interval is "0.01 seconds"/],
  ])('refuses a query with %o', (differing, message) => {
    const make = () => MetricCheck.query({ name: 'errors', query: 'q', ...differing });
    expect(make).toThrow(PropertyError);
    expect(make).toThrow(message);
  });
});
