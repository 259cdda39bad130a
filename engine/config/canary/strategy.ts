import { z } from 'zod';
import type { AnalysisMatch, StrategySpec } from '../../../constructs/canary-spec.ts';
import { type Breach, RuleNumber } from './fields.ts';
import { AnalysisMatchFile } from './request-match.ts';

/** The fields of `spec.analysis` that say how traffic moves. */
export const STRATEGY_FIELDS = {
  maxWeight: z.number().optional(),
  stepWeight: z.number().optional(),
  stepWeights: z.array(z.number()).optional(),
  iterations: z.number().optional(),
  match: z.array(AnalysisMatchFile).optional(),
  mirror: z.boolean().optional(),
  mirrorWeight: z.number().optional(),
};

interface StrategyFile {
  readonly match?: readonly AnalysisMatch[] | undefined;
  readonly mirror?: boolean | undefined;
  readonly mirrorWeight?: number | undefined;
  readonly maxWeight?: number | undefined;
  readonly stepWeight?: number | undefined;
  readonly stepWeights?: readonly number[] | undefined;
  readonly iterations?: number | undefined;
}

const DEFAULT_MAX_WEIGHT = 100;

/**
 * As with Flagger, `iterations` choose between canary and the others, and among those `match` chooses
 * A/B testing; 0 iterations and an empty match are as good as none.
 */
export function resolveStrategy(analysis: StrategyFile): StrategySpec {
  const { stepWeight = 0, maxWeight = DEFAULT_MAX_WEIGHT, iterations = 0, match = [] } = analysis;
  const mirror = analysis.mirror === true ? { mirror: mirrorOf(analysis) } : {};
  if (iterations > 0) {
    return match.length > 0
      ? { kind: 'ab-testing', iterations, match }
      : { kind: 'blue-green', iterations, ...mirror };
  }
  return {
    kind: 'canary',
    stepWeights: analysis.stepWeights ?? evenLadder(stepWeight, maxWeight),
    ...(match.length > 0 ? { match } : {}),
    ...mirror,
  };
}

/** Nothing, and 0, copy every request. */
function mirrorOf({ mirrorWeight = 0 }: StrategyFile) {
  return { percent: mirrorWeight > 0 ? mirrorWeight : 100 };
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
  iterations: RuleNumber,
  match: z.array(z.unknown()).optional().catch(undefined),
  mirror: z.boolean().optional().catch(undefined),
  mirrorWeight: RuleNumber,
};

/** The fields as far as rules look at them: what the conditions of a match are is not their matter. */
type WrittenStrategy = Omit<StrategyFile, 'match'> & {
  readonly match?: readonly unknown[] | undefined;
};

/**
 * One strategy and no more; counts and weights that lead somewhere. Flagger takes most of what is
 * refused here, and then stays where it is for ever, or does something else than what is written.
 */
export function strategyBreaches(analysis: WrittenStrategy): readonly Breach[] {
  return [...ladderBreaches(analysis), ...mirrorBreaches(analysis)];
}

function ladderBreaches(analysis: WrittenStrategy): readonly Breach[] {
  const { stepWeight, stepWeights, maxWeight, iterations = 0 } = analysis;
  if (iterations !== 0) return iterationBreaches({ ...analysis, iterations });
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
    const message =
      'spec.analysis has none of stepWeight, stepWeights and iterations: no traffic would move';
    const remedy = 'write spec.analysis.stepWeight, or iterations';
    return [invalidWeights(['stepWeight'], message, remedy)];
  }
  return [
    ...weightBreaches('stepWeight', stepWeight),
    ...(maxWeight === undefined ? [] : weightBreaches('maxWeight', maxWeight)),
  ];
}

/** More would take years at the shortest interval. */
const ITERATIONS_MAX = 1_000_000;

function iterationBreaches({
  stepWeight,
  stepWeights,
  iterations,
}: WrittenStrategy & { readonly iterations: number }): readonly Breach[] {
  const ladders = { stepWeight, stepWeights };
  const rivals = Object.entries(ladders).flatMap(([name, value]) =>
    value === undefined ? [] : name,
  );
  const both = rivals.map((name) =>
    breach(
      'invalid-strategy',
      [name],
      `iterations and ${name} are both written: one is blue/green or A/B testing, the other a canary`,
      'keep one of the two',
    ),
  );
  if (Number.isInteger(iterations) && iterations >= 1 && iterations <= ITERATIONS_MAX) return both;
  const message = `spec.analysis.iterations is ${iterations}; it is whole, 1 to ${ITERATIONS_MAX}`;
  const remedy = 'write how many analyses must pass';
  return [breach('invalid-strategy', ['iterations'], message, remedy), ...both];
}

function mirrorBreaches(analysis: WrittenStrategy): readonly Breach[] {
  const { mirror, mirrorWeight, match = [], iterations = 0 } = analysis;
  const isTest = iterations > 0 && match.length > 0;
  const message = 'spec.analysis.mirror has no part in A/B testing: nothing would be copied';
  const alone = breach('invalid-strategy', ['mirror'], message, 'remove mirror, or match');
  const isShare =
    mirrorWeight === undefined ||
    (Number.isInteger(mirrorWeight) && mirrorWeight >= 0 && mirrorWeight <= 100);
  const text = `spec.analysis.mirrorWeight is ${mirrorWeight}; it is whole, 0 to 100`;
  return [
    ...(isTest && mirror === true ? [alone] : []),
    ...(isShare ? [] : [invalidWeights(['mirrorWeight'], text, 'write a whole share in percent')]),
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
  return breach('invalid-weights', field, message, remedy);
}

function breach(
  code: Breach['code'],
  field: readonly PropertyKey[],
  message: string,
  remedy: string,
): Breach {
  return { code, field: ['spec', 'analysis', ...field], message, remedy };
}
