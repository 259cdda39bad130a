import { describe, expect, it } from 'vitest';
import {
  type BlueGreenOptions,
  type EvenSteps,
  type ListedSteps,
  PropertyError,
  type RequestConditions,
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

describe('Strategy.blueGreen', () => {
  it('writes its iterations, and copies of requests where they are asked for', () => {
    expect(Strategy.blueGreen({ iterations: 3 })._toKube()).toEqual({ iterations: 3 });
    const mirrored = { iterations: 3, mirrorPercent: 30, stepWeightPromotion: 20 };
    expect(Strategy.blueGreen(mirrored)._toKube()).toEqual({
      iterations: 3,
      mirror: true,
      mirrorWeight: 30,
      stepWeightPromotion: 20,
    });
  });

  it.each([
    [{ iterations: 0 }, /^iterations is 0, .* from 1 to 1000000/],
    [{ iterations: 2.5 }, /^iterations is 2\.5, .* whole/],
    [{ iterations: 1, mirrorPercent: 0 }, /^mirrorPercent is 0, .* from 1 to 100/],
    [{ iterations: 1, mirrorPercent: 101 }, /^mirrorPercent is 101, /],
  ] satisfies [BlueGreenOptions, RegExp][])('refuses %j', (options, message) => {
    expect(() => Strategy.blueGreen(options)).toThrow(PropertyError);
    expect(() => Strategy.blueGreen(options)).toThrow(message);
  });
});

describe('Strategy.abTesting', () => {
  const always = { exact: 'always' };

  it('writes what is matched, and keeps it when the list is changed afterwards', () => {
    const match: [RequestConditions, ...RequestConditions[]] = [{ headers: { 'x-beta': always } }];
    const strategy = Strategy.abTesting({ iterations: 2, match });
    match.push({ sourceLabels: { app: 'tester' } });
    expect(strategy._toKube()).toEqual({
      iterations: 2,
      match: [{ headers: { 'x-beta': { exact: 'always' } } }],
    });
  });

  it.each([
    [{}, /^match\[0\] is "\{\}", but every request would be meant: write headers, /],
    [{ headers: {} }, /^match\[0\] is "\{\}", /],
    [{ headers: { 'x beta': always } }, /^match\[0\]\.headers is "x beta", .* no name of a header/],
    [{ headers: { a: { prefix: '' } } }, /^match\[0\]\.headers\.a\.prefix is "", .* every request/],
    [{ queryParams: { a: { regex: '' } } }, /^match\[0\]\.queryParams\.a\.regex is "", /],
    [
      { headers: { a: { exact: 'b', suffix: 'c' } } },
      /^match\[0\]\.headers\.a is .*, but it must say exactly one of exact, prefix, suffix and regex/,
    ],
  ] satisfies [RequestConditions, RegExp][])('refuses to match by %j', (conditions, message) => {
    const options = { iterations: 1, match: [conditions] } as const;
    expect(() => Strategy.abTesting(options)).toThrow(PropertyError);
    expect(() => Strategy.abTesting(options)).toThrow(message);
    expect(() => Strategy.canary({ stepWeight: 10, match: [conditions] })).toThrow(message);
  });
});
