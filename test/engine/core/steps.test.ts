import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CanarySpec, StrategySpec } from '../../../constructs/canary-spec.ts';
import { canaryWeight, type RolloutRecord } from '../../../engine/core/record.ts';
import {
  nextStep,
  nextStepWeight,
  shiftedWeights,
  stepText,
  strategyDigestOf,
} from '../../../engine/core/steps.ts';
import { transition } from '../../../engine/core/transition.ts';
import { aRunningRecord, aSpec, T0_MS } from '../../support/builders.ts';

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
});

/** Every step from a ready canary to the promotion. */
function wayOf(
  strategy: StrategySpec,
  provider: CanarySpec['provider'] = 'istio',
): readonly string[] {
  const ready = { awaiting: 'canary-ready', weights: canaryWeight(0) } as const;
  let record: RolloutRecord = aRunningRecord(ready, { evaluations: 0 });
  const way: string[] = [];
  for (;;) {
    const next = nextStep({ provider, analysis: { strategy } }, record);
    if (next.kind === 'promote') return way;
    const { kind: _, ...step } = next;
    const { primary, canary } = step.weights;
    const mirror = step.mirrored === true ? '+mirror' : '';
    way.push(`${primary}/${canary}${mirror} ${stepText(strategy, step)}`);
    const change = { kind: 'advance', reason: 'passed', ...step } as const;
    record = transition(record.canary, record, change, T0_MS);
  }
}

describe('the way to the promotion', () => {
  const match = [{ headers: {}, queryParams: {}, sourceLabels: {} }];

  it.each<[string, StrategySpec, readonly string[]]>([
    [
      'climbs a ladder',
      { kind: 'canary', stepWeights: [20, 40] },
      ['80/20 step 1 of 2', '60/40 step 2 of 2'],
    ],
    [
      'mirrors before anybody meets the canary',
      { kind: 'canary', stepWeights: [20, 40], mirror: { percent: 100 } },
      ['100/0+mirror mirror', '80/20 step 1 of 2', '60/40 step 2 of 2'],
    ],
    [
      'gives those who match to the canary, again and again',
      { kind: 'ab-testing', iterations: 2, match },
      ['0/100 iteration 1 of 2', '0/100 iteration 2 of 2'],
    ],
    [
      'routes everything to the canary after all iterations',
      { kind: 'blue-green', iterations: 2 },
      ['100/0 iteration 1 of 2', '100/0 iteration 2 of 2', '0/100 after all iterations'],
    ],
    [
      'mirrors through all iterations',
      { kind: 'blue-green', iterations: 2, mirror: { percent: 50 } },
      [
        '100/0+mirror iteration 1 of 2, mirrored',
        '100/0+mirror iteration 2 of 2, mirrored',
        '0/100 after all iterations',
      ],
    ],
  ])('%s', (_, strategy, way) => {
    expect(wayOf(strategy)).toEqual(way);
  });
});

it('goes no step back when more iterations are asked for once everything is routed to the canary', () => {
  const record = aRunningRecord({ weights: canaryWeight(100) }, { iterations: 2 });
  const strategy: StrategySpec = { kind: 'blue-green', iterations: 5 };
  expect(nextStep({ provider: 'istio', analysis: { strategy } }, record)).toEqual({
    kind: 'promote',
  });
});

it('leaves the weights alone where there are no routes, and counts the step all the same', () => {
  expect(wayOf({ kind: 'blue-green', iterations: 1 }, 'kubernetes')).toEqual([
    '100/0 iteration 1 of 1',
    '100/0 after all iterations',
  ]);
});

describe('what a strategy exposes', () => {
  const canary = (differing: object) =>
    strategyDigestOf(aSpec({ strategy: { kind: 'canary', stepWeights: [50], ...differing } }));

  it('is the same for another ladder or mirror', () => {
    expect(canary({ stepWeights: [10] })).toBe(canary({}));
    expect(canary({ mirror: { percent: 10 } })).toBe(canary({}));
  });

  it('is another with another kind or match', () => {
    const match = [{ headers: {}, queryParams: {}, sourceLabels: { app: 'tester' } }];
    expect(canary({ match })).not.toBe(canary({}));
    const blueGreen = aSpec({ strategy: { kind: 'blue-green', iterations: 1 } });
    expect(strategyDigestOf(blueGreen)).not.toBe(canary({}));
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
