import type { CanarySpec, Mirror, StrategySpec } from '../../constructs/canary-spec.ts';
import { digestOf } from './digest.ts';
import { unreachable } from './errors.ts';
import { ALL_ON_PRIMARY, canaryWeight, type RolloutRecord, type Weights } from './record.ts';

/** What follows when a step has passed its analysis. */
export type NextStep = Step | { readonly kind: 'promote' };

interface Step {
  readonly kind: 'step';
  readonly weights: Weights;
  readonly mirrored?: true;
  /** Analyses begun with it, of a strategy that counts them. */
  readonly iterations?: number;
}

interface Routed {
  readonly provider: CanarySpec['provider'];
  readonly analysis: Pick<CanarySpec['analysis'], 'strategy'>;
}

const ALL_ON_CANARY: Weights = canaryWeight(100);

/** Where a rollout goes from where its record says it is. */
export function nextStep({ provider, analysis }: Routed, record: RolloutRecord): NextStep {
  const { strategy } = analysis;
  const { canary } = record.weights;
  const iterations = record.rollout?.iterations ?? 0;
  switch (strategy.kind) {
    case 'canary': {
      const isFirst = record.awaiting === 'canary-ready';
      if (isFirst && strategy.mirror !== undefined) {
        return { kind: 'step', weights: ALL_ON_PRIMARY, mirrored: true };
      }
      const next = nextStepWeight(strategy.stepWeights, canary);
      return next === undefined
        ? { kind: 'promote' }
        : { kind: 'step', weights: canaryWeight(next) };
    }
    case 'ab-testing':
      return iterations < strategy.iterations
        ? { kind: 'step', weights: ALL_ON_CANARY, iterations: iterations + 1 }
        : { kind: 'promote' };
    case 'blue-green': {
      // More iterations may have been asked for since: what has all the traffic goes no step back.
      if (iterations > strategy.iterations || canary > 0) return { kind: 'promote' };
      const step = { kind: 'step', iterations: iterations + 1 } as const;
      if (iterations < strategy.iterations) {
        const mirrored = strategy.mirror === undefined ? {} : ({ mirrored: true } as const);
        return { ...step, weights: ALL_ON_PRIMARY, ...mirrored };
      }
      // Without routes there is nothing to switch: users meet the revision when the primary gets it.
      return { ...step, weights: provider === 'kubernetes' ? ALL_ON_PRIMARY : ALL_ON_CANARY };
    }
    default:
      return unreachable(strategy);
  }
}

/**
 * The next weight of the ladder, or nothing once the last step is reached. A weight that is not on
 * the ladder (it was edited in mid-run) goes to the next listed step above it, never further.
 */
export function nextStepWeight(ladder: readonly number[], weight: number): number | undefined {
  return ladder.find((step) => step > weight);
}

/** Where a rollout is, for people. */
export function stepText(strategy: StrategySpec, step: Omit<Step, 'kind'>): string {
  const { weights, mirrored, iterations = 0 } = step;
  if (strategy.kind === 'canary') {
    const { stepWeights } = strategy;
    const number = stepWeights.filter((weight) => weight <= weights.canary).length;
    return mirrored ? 'mirror' : `step ${number} of ${stepWeights.length}`;
  }
  return iterations > strategy.iterations
    ? 'after all iterations'
    : `iteration ${iterations} of ${strategy.iterations}${mirrored ? ', mirrored' : ''}`;
}

/** A strategy in one line, for people. */
export function strategyText(strategy: StrategySpec): string {
  const mirror = mirrorOf(strategy) === undefined ? '' : 'mirror, then ';
  return strategy.kind === 'canary'
    ? `${mirror}weights ${strategy.stepWeights.join(' ')}`
    : `${mirror}${strategy.kind} with ${strategy.iterations} iterations`;
}

/** Moves traffic back to the promoted primary: all at once, or by `stepWeightPromotion`. */
export function shiftedWeights(current: Weights, stepWeightPromotion: number): Weights {
  if (stepWeightPromotion === 0) return canaryWeight(0);
  return canaryWeight(Math.max(0, current.canary - stepWeightPromotion));
}

export function mirrorOf(strategy: StrategySpec): Mirror | undefined {
  return strategy.kind === 'ab-testing' ? undefined : strategy.mirror;
}

/**
 * Names which requests can meet the canary. When that changes in mid-run, the weights that were
 * analysed mean something else, and the rollout begins anew.
 */
export function strategyDigestOf({ analysis: { strategy } }: CanarySpec): string {
  const known = STRATEGY_DIGESTS.get(strategy);
  if (known !== undefined) return known;
  const { kind } = strategy;
  const digest = digestOf([kind, kind === 'blue-green' ? undefined : strategy.match]);
  STRATEGY_DIGESTS.set(strategy, digest);
  return digest;
}

/** Each look at a canary in mid-run asks for it. */
const STRATEGY_DIGESTS = new WeakMap<StrategySpec, string>();
