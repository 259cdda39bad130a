import { Duration } from 'cdk8s';
import type { CanarySpecAnalysisMetrics } from '../imports/flagger.app.ts';
import type { MetricRange } from './canary-spec.ts';
import { goDuration, requireSeconds } from './go-duration.ts';
import { PropertyError, requireText } from './property-error.ts';

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

/** At least one bound; both are inclusive. */
export interface CustomMetricOptions extends MetricCheckOptions {
  /** @default - no lower bound */
  readonly min?: number;

  /** @default - no upper bound */
  readonly max?: number;

  /**
   * What the query reads as `{{ variables.key }}`.
   *
   * @default - none
   */
  readonly variables?: Readonly<Record<string, string>>;
}

export interface QueryOptions extends CustomMetricOptions {
  /** What commits and events call it. */
  readonly name: string;

  /** PromQL with one number as the answer, as a template of Go's, for the canary's Prometheus. */
  readonly query: string;
}

/** A MetricTemplate that is made elsewhere. */
export interface MetricTemplateReference {
  readonly name: string;

  /** @default - the canary's namespace */
  readonly namespace?: string | undefined;
}

export interface TemplateOptions extends CustomMetricOptions {
  /**
   * What commits and events call it.
   *
   * @default - the template's name
   */
  readonly name?: string;

  /** A `MetricTemplate`, or the name of one. */
  readonly template: MetricTemplateReference;
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

  /**
   * A query of the canary's own.
   *
   * @throws PropertyError for a query without text, bound, or whole seconds to look back over.
   */
  static query(options: QueryOptions): MetricCheck {
    const { name, query } = options;
    requireText('name', name);
    requireText('query', query);
    return new MetricCheck(name, rangeOf(options), options, { query, ...variablesOf(options) });
  }

  /**
   * The query of a MetricTemplate.
   *
   * @throws PropertyError for a check without a bound, or whole seconds to look back over.
   */
  static template(options: TemplateOptions): MetricCheck {
    const { namespace, name: templateName } = options.template;
    const { name = templateName } = options;
    requireText('name', name);
    const templateRef = {
      name: templateName,
      ...(namespace === undefined ? {} : { namespace }),
    };
    const question = { templateRef, ...variablesOf(options) };
    return new MetricCheck(name, rangeOf(options), options, question);
  }

  readonly #name: string;
  readonly #range: MetricRange;
  readonly #interval: Duration;
  readonly #question: Partial<CanarySpecAnalysisMetrics>;

  private constructor(
    name: string,
    range: MetricRange,
    { interval = Duration.minutes(1) }: MetricCheckOptions,
    question: Partial<CanarySpecAnalysisMetrics> = {},
  ) {
    requireSeconds('interval', interval, 1);
    this.#name = name;
    this.#range = range;
    this.#interval = interval;
    this.#question = question;
  }

  /** @internal */
  _toKube(): CanarySpecAnalysisMetrics {
    return {
      name: this.#name,
      thresholdRange: this.#range,
      interval: goDuration(this.#interval),
      ...this.#question,
    };
  }
}

/** Without a bound every value would pass. */
function rangeOf({ min, max }: CustomMetricOptions): MetricRange {
  for (const [property, bound] of Object.entries({ min, max })) {
    if (bound === undefined || Number.isFinite(bound)) continue;
    throw new PropertyError(
      property,
      bound,
      'it must be a number',
      `write for example ${property}: 1`,
    );
  }
  if (min === undefined && max === undefined) {
    const rule = 'neither it nor min is given, so every value would pass';
    throw new PropertyError('max', undefined, rule, 'write a bound');
  }
  if (min !== undefined && max !== undefined && min > max) {
    throw new PropertyError(
      'min',
      min,
      `max is ${max}, so no value would pass`,
      'correct one of them',
    );
  }
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

function variablesOf({ variables }: CustomMetricOptions): Partial<CanarySpecAnalysisMetrics> {
  return variables === undefined ? {} : { templateVariables: { ...variables } };
}
