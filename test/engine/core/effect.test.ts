import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AppliedStep, judgeEffect, logLikelihoodRatio } from '../../../engine/core/effect.ts';
import { canaryWeight } from '../../../engine/core/record.ts';
import { MINUTE_MS, T0_MS } from '../../support/builders.ts';

function aStep(from: number, to: number): AppliedStep {
  return {
    from: canaryWeight(from),
    to: canaryWeight(to),
    appliedMs: T0_MS,
    intervalMs: MINUTE_MS,
  };
}

const counted = (canary: number, total: number) =>
  ({ state: 'counted', canary, primary: total - canary }) as const;

describe('whether the data plane follows', () => {
  it.each([
    ['0 → 10, a tenth arrives', aStep(0, 10), counted(10, 100), 'shown'],
    ['0 → 10, nothing arrives', aStep(0, 10), counted(0, 100), 'refuted'],
    ['0 → 10, two requests', aStep(0, 10), counted(0, 2), 'undecided'],
    ['10 → 20, a fifth arrives', aStep(10, 20), counted(162, 812), 'shown'],
    ['10 → 20, a tenth arrives', aStep(10, 20), counted(81, 812), 'refuted'],
    ['10 → 20, almost nothing arrives', aStep(10, 20), counted(3, 812), 'refuted'],
    ['10 → 20, something between', aStep(10, 20), counted(15, 100), 'undecided'],
    ['50 → 0, nothing arrives any more', aStep(50, 0), counted(0, 100), 'shown'],
    ['50 → 0, half still arrives', aStep(50, 0), counted(50, 100), 'refuted'],
    ['50 → 0, one straggler of many', aStep(50, 0), counted(1, 100), 'shown'],
    ['0 → 100, everything arrives', aStep(0, 100), counted(20, 20), 'shown'],
    ['100 → 0, nothing arrives any more', aStep(100, 0), counted(0, 20), 'shown'],
  ] as const)('%s: %o', (_, step, counts, verdict) => {
    expect(judgeEffect(step, counts, T0_MS + MINUTE_MS).verdict).toBe(verdict);
  });

  it('says what a person needs to believe it', () => {
    expect(judgeEffect(aStep(10, 20), counted(3, 812), T0_MS + MINUTE_MS).why).toBe(
      "the cluster's route says 80/20, but 3 of 812 requests since went to the canary: the data plane still follows the previous weights 90/10",
    );
  });

  it('is not told by silence, which says nothing at all in the first half minute', () => {
    expect(judgeEffect(aStep(20, 0), counted(0, 0), T0_MS + 29_000).verdict).toBe('undecided');
    expect(judgeEffect(aStep(20, 0), counted(0, 0), T0_MS + 30_000).verdict).toBe('untold');
  });

  it('is not told by a metrics server that is away', () => {
    const away = { state: 'unmeasured', why: 'ECONNREFUSED' } as const;
    expect(judgeEffect(aStep(10, 20), away, T0_MS)).toEqual({
      verdict: 'untold',
      why: 'ECONNREFUSED',
    });
  });
});

describe('the likelihood ratio', () => {
  const weight = fc.integer({ min: 0, max: 100 });
  const requests = fc.integer({ min: 0, max: 100_000 });

  it('is finite whatever is counted, and turns its sign when the weights change places', () => {
    fc.assert(
      fc.property(weight, weight, requests, requests, (from, to, primary, canary) => {
        const [one, other] = [canaryWeight(from), canaryWeight(to)];
        const ratio = logLikelihoodRatio({ primary, canary }, one, other);
        expect(Number.isFinite(ratio)).toBe(true);
        expect(ratio + logLikelihoodRatio({ primary, canary }, other, one)).toBeCloseTo(0, 6);
      }),
    );
  });

  it('rises with each request to the track that gains weight, and falls with each to the other', () => {
    fc.assert(
      fc.property(weight, weight, requests, requests, (from, to, primary, canary) => {
        fc.pre(from < to);
        const ratio = (p: number, c: number) =>
          logLikelihoodRatio({ primary: p, canary: c }, canaryWeight(from), canaryWeight(to));
        expect(ratio(primary, canary + 1)).toBeGreaterThan(ratio(primary, canary));
        expect(ratio(primary + 1, canary)).toBeLessThan(ratio(primary, canary));
      }),
    );
  });

  it('tells the right weights from the wrong ones once there is enough traffic', () => {
    fc.assert(
      fc.property(weight, weight, (from, to) => {
        fc.pre(Math.abs(from - to) >= 5);
        const step = aStep(from, to);
        const split = (canary: number) => counted(canary * 200, 20_000);
        expect(judgeEffect(step, split(to), T0_MS + MINUTE_MS).verdict).toBe('shown');
        expect(judgeEffect(step, split(from), T0_MS + MINUTE_MS).verdict).toBe('refuted');
      }),
    );
  });
});
