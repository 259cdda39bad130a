import { expect, it } from 'vitest';
import { withMoments, withSteps } from '../../../engine/core/moments.ts';
import { ALL_ON_PRIMARY, canaryWeight } from '../../../engine/core/record.ts';
import { aRunningRecord, T0_MS } from '../../support/builders.ts';

const step = { from: canaryWeight(10), committedMs: T0_MS };
const seen = { containedMs: T0_MS + 1, appliedMs: T0_MS + 2, effectiveMs: T0_MS + 3 };
const before = aRunningRecord({ step });

it('a step gathers its moments', () => {
  expect(withMoments(step, { containedMs: T0_MS + 1 })).toEqual({
    ...step,
    containedMs: T0_MS + 1,
  });
});

it('new weights begin a step, and the one before keeps what was seen of it', () => {
  const after = { ...before, weights: ALL_ON_PRIMARY, decidedAtMs: T0_MS + 9 };
  expect(withSteps(before, after, seen)).toMatchObject({
    step: { from: canaryWeight(20), committedMs: T0_MS + 9 },
    previousStep: { ...step, ...seen },
  });
});

it('a decision in the middle of a step writes down what was seen until then', () => {
  const later = withSteps(before, before, { containedMs: T0_MS + 1 });
  expect(withSteps(later, later, { appliedMs: T0_MS + 2 }).step).toEqual({
    ...step,
    containedMs: T0_MS + 1,
    appliedMs: T0_MS + 2,
  });
});

it('a record of an old engine gets its first step with its next weights', () => {
  const old = aRunningRecord();
  expect(withSteps(old, old, seen)).toEqual(old);
  const after = withSteps(old, { ...old, weights: canaryWeight(30) }, seen);
  expect(after.step).toEqual({ from: canaryWeight(20), committedMs: old.decidedAtMs });
  expect(after.previousStep).toBeUndefined();
});
