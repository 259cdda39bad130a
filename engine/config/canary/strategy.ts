import { z } from 'zod';
import type { StrategySpec } from '../../../constructs/canary-spec.ts';
import { type Breach, isEmpty, isFalse, RuleNumber, unsupported } from './fields.ts';

/** The fields of `spec.analysis` that say how traffic moves. */
export const STRATEGY_FIELDS = {
  maxWeight: z.number().optional(),
  stepWeight: z.number().optional(),
  stepWeights: z.array(z.number()).optional(),
  iterations: unsupported((value) => value === 0),
  match: unsupported(isEmpty),
  mirror: unsupported(isFalse),
  mirrorWeight: unsupported((value) => value === 0),
  sessionAffinity: unsupported(),
};

interface StrategyFile {
  readonly maxWeight?: number | undefined;
  readonly stepWeight?: number | undefined;
  readonly stepWeights?: readonly number[] | undefined;
}

const DEFAULT_MAX_WEIGHT = 100;

export function resolveStrategy(analysis: StrategyFile): StrategySpec {
  const { stepWeight = 0, maxWeight = DEFAULT_MAX_WEIGHT } = analysis;
  return {
    kind: 'canary',
    stepWeights: analysis.stepWeights ?? evenLadder(stepWeight, maxWeight),
  };
}

/** Steps of one size until the maximum is reached or passed; the last may overshoot it, up to 100. */
function evenLadder(stepWeight: number, maxWeight: number): readonly number[] {
  const weights: number[] = [];
  for (let weight = 0; stepWeight > 0 && weight < maxWeight;) {
    weight = Math.min(100, weight + stepWeight);
    weights.push(weight);
  }
  return weights;
}

export const STRATEGY_RULES = {
  stepWeight: RuleNumber,
  stepWeights: z.array(z.number()).optional().catch(undefined),
  maxWeight: RuleNumber,
};

/** Whole weights from 1 to 100 in rising order: any other ladder would get stuck or jump. */
export function strategyBreaches({
  stepWeight,
  stepWeights,
  maxWeight,
}: StrategyFile): readonly Breach[] {
  if (stepWeights !== undefined) {
    if (stepWeight !== undefined) {
      const message = 'stepWeight and stepWeights are both written, so the ladder has two meanings';
      return [invalidWeights(['stepWeights'], message, 'keep one of the two')];
    }
    return stepWeights.length === 0
      ? [invalidWeights(['stepWeights'], 'spec.analysis.stepWeights is empty', 'list the weights')]
      : stepWeights.flatMap((weight, index) => listedWeightBreaches(stepWeights, weight, index));
  }
  if (stepWeight === undefined) {
    const message = 'spec.analysis has neither stepWeight nor stepWeights: no traffic would move';
    return [invalidWeights(['stepWeight'], message, 'write spec.analysis.stepWeight')];
  }
  return [
    ...weightBreaches('stepWeight', stepWeight),
    ...(maxWeight === undefined ? [] : weightBreaches('maxWeight', maxWeight)),
  ];
}

function listedWeightBreaches(
  weights: readonly number[],
  weight: number,
  index: number,
): readonly Breach[] {
  const previous = weights[index - 1] ?? 0;
  if (isWeight(weight) && weight > previous) return [];
  const message =
    `spec.analysis.stepWeights[${index}] is ${weight}; ` +
    'weights are whole, 1 to 100, each larger than the one before';
  const remedy = 'list the weights in rising order';
  return [invalidWeights(['stepWeights', index], message, remedy)];
}

function weightBreaches(name: string, value: number): readonly Breach[] {
  if (isWeight(value)) return [];
  const message = `spec.analysis.${name} is ${value}; a weight is whole, 1 to 100`;
  return [invalidWeights([name], message, `write a whole ${name} from 1 to 100`)];
}

function isWeight(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 100;
}

function invalidWeights(field: readonly PropertyKey[], message: string, remedy: string): Breach {
  return { code: 'invalid-weights', field: ['spec', 'analysis', ...field], message, remedy };
}
