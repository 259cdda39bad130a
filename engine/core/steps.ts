import type { StrategySpec } from '../../constructs/canary-spec.ts';
import { canaryWeight, type Weights } from './record.ts';

/** The weights a strategy leads through; a strategy without steps gives everything at once. */
export function ladderOf(strategy: StrategySpec): readonly number[] {
  return strategy.kind === 'canary' ? strategy.stepWeights : [100];
}

/**
 * The next weight of the ladder, or nothing once the last step is reached. A weight that is not on
 * the ladder (it was edited in mid-run) goes to the next listed step above it, never further.
 */
export function nextStepWeight(ladder: readonly number[], weight: number): number | undefined {
  return ladder.find((step) => step > weight);
}

/** 1-based position of a weight on the ladder: the number of steps taken so far. */
export function stepNumber(ladder: readonly number[], weight: number): number {
  return ladder.filter((step) => step <= weight).length;
}

/** Moves traffic back to the promoted primary: all at once, or by `stepWeightPromotion`. */
export function shiftedWeights(current: Weights, stepWeightPromotion: number): Weights {
  if (stepWeightPromotion === 0) return canaryWeight(0);
  return canaryWeight(Math.max(0, current.canary - stepWeightPromotion));
}
