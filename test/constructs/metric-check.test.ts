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
});
