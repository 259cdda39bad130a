import { describe, expect, it } from 'vitest';
import {
  type EvenSteps,
  type ListedSteps,
  PropertyError,
  Strategy,
} from '../../constructs/index.ts';

describe('Strategy.canary', () => {
  it('writes steps of one size', () => {
    const strategy = Strategy.canary({ stepWeight: 10, maxWeight: 50, stepWeightPromotion: 0 });
    expect(strategy._toKube()).toEqual({ stepWeight: 10, maxWeight: 50, stepWeightPromotion: 0 });
  });

  it('writes listed steps, and keeps them when the list is changed afterwards', () => {
    const stepWeights = [1, 2, 100];
    const strategy = Strategy.canary({ stepWeights });
    stepWeights.push(5);
    expect(strategy._toKube()).toEqual({ stepWeights: [1, 2, 100] });
  });

  it.each([
    [{ stepWeight: 0 }, /^stepWeight is 0, .* from 1 to 100: /],
    [{ stepWeight: 101 }, /^stepWeight is 101, /],
    [{ stepWeight: 2.5 }, /^stepWeight is 2\.5, .* whole/],
    [{ stepWeight: Number.NaN }, /^stepWeight is NaN, /],
    [{ stepWeight: 10, maxWeight: 150 }, /^maxWeight is 150, /],
    [{ stepWeight: 10, stepWeightPromotion: -1 }, /^stepWeightPromotion is -1, .* from 0 to 100/],
    [{ stepWeights: [] }, /^stepWeights is \[\], .*: list the weights$/],
    [{ stepWeights: [10, 50, 20] }, /^stepWeights\[2\] is 20, .* before it, 50: .* rising/],
    [{ stepWeights: [10, 10] }, /^stepWeights\[1\] is 10, .* before it, 10/],
    [{ stepWeights: [10, 120] }, /^stepWeights\[1\] is 120, /],
    [{ stepWeights: [0, 10] }, /^stepWeights\[0\] is 0, /],
  ] satisfies [EvenSteps | ListedSteps, RegExp][])('refuses %j', (steps, message) => {
    expect(() => Strategy.canary(steps)).toThrow(PropertyError);
    expect(() => Strategy.canary(steps)).toThrow(message);
  });
});
