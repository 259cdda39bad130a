import type { CanarySpecAnalysis } from '../imports/flagger.app.ts';
import { PropertyError, requireWhole } from './property-error.ts';
import { requireConditions, type RequestMatches } from './request-conditions.ts';

export interface StrategyOptions {
  /**
   * Weight moved back to the primary per step after the promotion, in percent; 0 moves all of it at
   * once.
   *
   * @default 0
   */
  readonly stepWeightPromotion?: number;
}

export interface MirrorOptions {
  /**
   * Share of the requests that are copied to the canary, whose answers nobody gets, before any is
   * sent to it: 1 to 100 percent.
   *
   * @default - none
   */
  readonly mirrorPercent?: number;
}

interface StepOptions extends StrategyOptions, MirrorOptions {
  /**
   * Only these requests are split; all others go to the primary.
   *
   * @default - all are
   */
  readonly match?: RequestMatches;
}

/** Steps of one size. */
export interface EvenSteps extends StepOptions {
  /** Weight added per step, in percent: 1 to 100. */
  readonly stepWeight: number;

  /**
   * Weight at which the rollout promotes, in percent: 1 to 100. When it is no multiple of the step,
   * the last step passes it.
   *
   * @default 100
   */
  readonly maxWeight?: number;

  /** Either steps of one size, or listed ones. */
  readonly stepWeights?: never;
}

/** Steps one by one. */
export interface ListedSteps extends StepOptions {
  /** Canary weights in the order they are taken, in percent: rising, each 1 to 100. */
  readonly stepWeights: readonly number[];

  /** Either listed steps, or steps of one size. */
  readonly stepWeight?: never;

  /** The last step is the maximum. */
  readonly maxWeight?: never;
}

export interface BlueGreenOptions extends StrategyOptions, MirrorOptions {
  /** Analyses that must pass before all traffic goes to the canary: at least 1. */
  readonly iterations: number;
}

export interface AbTestingOptions extends StrategyOptions {
  /** Analyses that must pass while the canary answers these requests: at least 1. */
  readonly iterations: number;

  /** The requests that go to the canary; all others go to the primary. */
  readonly match: RequestMatches;
}

type StrategyFields = Pick<
  CanarySpecAnalysis,
  | 'stepWeight'
  | 'stepWeights'
  | 'maxWeight'
  | 'stepWeightPromotion'
  | 'iterations'
  | 'match'
  | 'mirror'
  | 'mirrorWeight'
>;

const WEIGHT = { min: 1, max: 100 };
const ITERATIONS = { min: 1, max: 1_000_000 };

/** How traffic moves from the primary to the canary. */
export class Strategy {
  /**
   * Traffic moves in steps, each analysed before the next.
   *
   * @throws PropertyError for a weight that is not whole, out of range, or not above the last.
   */
  static canary(steps: EvenSteps | ListedSteps): Strategy {
    const { stepWeight, stepWeights, maxWeight, match } = steps;
    if (match !== undefined) requireConditions(match);
    const rest = {
      ...(match === undefined ? {} : { match: [...match] }),
      ...mirrorFields(steps),
      ...promotionFields(steps),
    };
    if (stepWeights !== undefined) {
      requireRising(stepWeights);
      return new Strategy({ stepWeights: [...stepWeights], ...rest });
    }
    requireWhole('stepWeight', stepWeight, WEIGHT);
    if (maxWeight !== undefined) requireWhole('maxWeight', maxWeight, WEIGHT);
    const end = maxWeight === undefined ? {} : { maxWeight };
    return new Strategy({ ...end, stepWeight, ...rest });
  }

  /**
   * The canary is analysed without traffic, or on copies of it, and then gets all of it at once
   * while the primary is brought up to it.
   *
   * @throws PropertyError for a number that is not whole or out of range.
   */
  static blueGreen(options: BlueGreenOptions): Strategy {
    const { iterations } = options;
    requireWhole('iterations', iterations, ITERATIONS);
    return new Strategy({ iterations, ...mirrorFields(options), ...promotionFields(options) });
  }

  /**
   * Some requests go to the canary for a number of analyses, all others to the primary.
   *
   * @throws PropertyError for a number that is not whole or out of range, and for conditions that
   * every request meets, or none.
   */
  static abTesting(options: AbTestingOptions): Strategy {
    const { iterations, match } = options;
    requireWhole('iterations', iterations, ITERATIONS);
    requireConditions(match);
    return new Strategy({ iterations, match: [...match], ...promotionFields(options) });
  }

  readonly #fields: StrategyFields;

  private constructor(fields: StrategyFields) {
    this.#fields = fields;
  }

  /** @internal */
  _toKube(): StrategyFields {
    return this.#fields;
  }
}

function promotionFields({ stepWeightPromotion }: StrategyOptions): StrategyFields {
  if (stepWeightPromotion === undefined) return {};
  requireWhole('stepWeightPromotion', stepWeightPromotion, { min: 0, max: 100 });
  return { stepWeightPromotion };
}

/** Without a weight every request is copied. */
function mirrorFields({ mirrorPercent }: MirrorOptions): StrategyFields {
  if (mirrorPercent === undefined) return {};
  requireWhole('mirrorPercent', mirrorPercent, WEIGHT);
  return { mirror: true, ...(mirrorPercent === 100 ? {} : { mirrorWeight: mirrorPercent }) };
}

/** Flagger stays at a weight for ever when the list does not rise; here it is refused. */
function requireRising(weights: readonly number[]): void {
  if (weights.length === 0) {
    throw new PropertyError('stepWeights', weights, 'no traffic would move', 'list the weights');
  }
  for (const [index, weight] of weights.entries()) {
    requireWhole(`stepWeights[${index}]`, weight, WEIGHT);
    const previous = weights[index - 1] ?? 0;
    if (weight > previous) continue;
    const rule = `it must be above the weight before it, ${previous}`;
    throw new PropertyError(`stepWeights[${index}]`, weight, rule, 'list them in rising order');
  }
}
