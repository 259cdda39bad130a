import { Duration } from 'cdk8s';
import type { CanarySpecAnalysisMetrics } from '../imports/flagger.app.ts';
import { goDuration, requireSeconds } from './go-duration.ts';
import { PropertyError } from './property-error.ts';

export interface MetricCheckOptions {
  /**
   * The window the query looks back over, in whole seconds.
   *
   * @default Duration.minutes(1)
   */
  readonly interval?: Duration;
}

export interface SuccessRateOptions extends MetricCheckOptions {
  /** Lowest accepted share of requests answered without a server error, in percent: 0 to 100. */
  readonly min: number;
}

export interface RequestDurationOptions extends MetricCheckOptions {
  /** Longest accepted 99th percentile of the answer time. */
  readonly max: Duration;
}

/** A measurement of the canary and the bound it must keep; bounds are inclusive. */
export class MetricCheck {
  /**
   * Flagger's `request-success-rate`.
   *
   * @throws PropertyError for a share out of range or an interval that is not in whole seconds.
   */
  static successRate(options: SuccessRateOptions): MetricCheck {
    const { min } = options;
    if (!(min >= 0 && min <= 100)) {
      const rule = 'it must be a share in percent, from 0 to 100';
      throw new PropertyError('min', min, rule, 'write for example min: 99');
    }
    return new MetricCheck('request-success-rate', { min }, options);
  }

  /**
   * Flagger's `request-duration`.
   *
   * @throws PropertyError for a bound of 0 or an interval that is not in whole seconds.
   */
  static duration(options: RequestDurationOptions): MetricCheck {
    const max = options.max.toMilliseconds({ integral: false });
    if (!(max > 0)) {
      const rule = 'no request is that fast';
      throw new PropertyError('max', `${max} ms`, rule, 'write for example Duration.millis(500)');
    }
    return new MetricCheck('request-duration', { max }, options);
  }

  readonly #name: string;
  readonly #range: { readonly min?: number; readonly max?: number };
  readonly #interval: Duration;

  private constructor(
    name: string,
    range: { readonly min?: number; readonly max?: number },
    { interval = Duration.minutes(1) }: MetricCheckOptions,
  ) {
    requireSeconds('interval', interval, 1);
    this.#name = name;
    this.#range = range;
    this.#interval = interval;
  }

  /** @internal */
  _toKube(): CanarySpecAnalysisMetrics {
    return {
      name: this.#name,
      thresholdRange: this.#range,
      interval: goDuration(this.#interval),
    };
  }
}
