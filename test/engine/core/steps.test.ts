import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextStepWeight, shiftedWeights, stepNumber } from '../../../engine/core/steps.ts';

const ladders = fc
  .uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1 })
  .map((weights) => weights.toSorted((a, b) => a - b));

describe('the ladder', () => {
  it('is climbed step by step to its end', () => {
    expect([0, 1, 2, 10, 80].map((weight) => nextStepWeight([1, 2, 10, 80], weight))).toEqual([
      1,
      2,
      10,
      80,
      undefined,
    ]);
  });

  it('takes a weight it does not know to the next listed step, never further', () => {
    expect(nextStepWeight([10, 30, 60], 20)).toBe(30);
    expect(nextStepWeight([5, 20, 50], 60)).toBeUndefined();
  });

  it('never skips a step, from any weight', () => {
    fc.assert(
      fc.property(ladders, fc.integer({ min: 0, max: 100 }), (ladder, weight) => {
        const next = nextStepWeight(ladder, weight);
        const above = ladder.filter((step) => step > weight);
        expect(next).toBe(above.length === 0 ? undefined : Math.min(...above));
      }),
    );
  });

  it('numbers its steps from 1', () => {
    expect([10, 20, 50].map((weight) => stepNumber([10, 20, 50], weight))).toEqual([1, 2, 3]);
  });
});

describe('the shift back to the primary', () => {
  it.each([
    [50, 0, [0]],
    [50, 10, [40, 30, 20, 10, 0]],
    [100, 30, [70, 40, 10, 0]],
    [30, 80, [0]],
  ])('from %i by %i', (from, step, expected) => {
    const weights: number[] = [];
    for (let canary = from; canary > 0;) {
      ({ canary } = shiftedWeights({ primary: 100 - canary, canary }, step));
      weights.push(canary);
    }
    expect(weights).toEqual(expected);
  });
});
