import type { CanarySpecAnalysis } from '../imports/flagger.app.ts';
import { PropertyError, requireWhole } from './property-error.ts';

/** Steps of one size. */
export interface EvenSteps {
  /** Weight added per step, in percent: 1 to 100. */
  readonly stepWeight: number;

  /**
   * Weight at which the rollout promotes, in percent: 1 to 100. When it is no multiple of the step,
   * the last step passes it.
   *
   * @default 100
   */
  readonly maxWeight?: number;

  /**
   * Weight moved back to the primary per step after the promotion, in percent; 0 moves all of it at
   * once.
   *
   * @default 0
   */
  readonly stepWeightPromotion?: number;

  /** Either steps of one size, or listed ones. */
  readonly stepWeights?: never;
}

/** Steps one by one. */
export interface ListedSteps {
  /** Canary weights in the order they are taken, in percent: rising, each 1 to 100. */
  readonly stepWeights: readonly number[];

  /**
   * Weight moved back to the primary per step after the promotion, in percent; 0 moves all of it at
   * once.
   *
   * @default 0
   */
  readonly stepWeightPromotion?: number;

  /** Either listed steps, or steps of one size. */
  readonly stepWeight?: never;

  /** The last step is the maximum. */
  readonly maxWeight?: never;
}

type StrategyFields = Pick<
  CanarySpecAnalysis,
  'stepWeight' | 'stepWeights' | 'maxWeight' | 'stepWeightPromotion'
>;

const WEIGHT = { min: 1, max: 100 };

/** How traffic moves from the primary to the canary. */
export class Strategy {
  /**
   * Traffic moves in steps, each analysed before the next.
   *
   * @throws PropertyError for a weight that is not whole, out of range, or not above the last.
   */
  static canary(steps: EvenSteps | ListedSteps): Strategy {
    const { stepWeight, stepWeights, maxWeight, stepWeightPromotion } = steps;
    if (stepWeightPromotion !== undefined) {
      requireWhole('stepWeightPromotion', stepWeightPromotion, { min: 0, max: 100 });
    }
    const back = stepWeightPromotion === undefined ? {} : { stepWeightPromotion };
    if (stepWeights !== undefined) {
      requireRising(stepWeights);
      return new Strategy({ stepWeights: [...stepWeights], ...back });
    }
    requireWhole('stepWeight', stepWeight, WEIGHT);
    if (maxWeight !== undefined) requireWhole('maxWeight', maxWeight, WEIGHT);
    const end = maxWeight === undefined ? {} : { maxWeight };
    return new Strategy({ ...end, stepWeight, ...back });
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
