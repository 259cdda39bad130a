import { describe, expect, it } from 'vitest';
import { type MeasuredDecision, measureDelivery } from '../../../engine/core/delivery-measures.ts';
import { MINUTE_MS, T0_MS } from '../../support/builders.ts';

const DAY_MS = 24 * 60 * MINUTE_MS;
const WINDOW = { fromMs: T0_MS, toMs: T0_MS + 2 * DAY_MS };

/** Decisions a minute apart, each with the weight after it. */
function story(
  decisions: readonly (readonly [decision: string, weight: number])[],
  differing: Partial<MeasuredDecision> = {},
): readonly MeasuredDecision[] {
  return decisions.map(([decision, weight], index) => ({
    canary: 'shop/cart',
    rollout: 1,
    decision,
    weight,
    atMs: T0_MS + index * MINUTE_MS,
    ...differing,
  }));
}

const PROMOTED = story([
  ['start', 0],
  ['advance', 50],
  ['promote', 50],
  ['shift', 0],
  ['finish', 0],
]);
const FAILED = story([
  ['start', 0],
  ['advance', 10],
  ['check-failed', 10],
  ['rollback', 0],
  ['clean-up', 0],
]);

function measured(decisions: readonly MeasuredDecision[]) {
  return measureDelivery(decisions, WINDOW)[0];
}

describe('the measures of a canary', () => {
  it('count promotions a day over the whole window', () => {
    expect(measured(PROMOTED)).toMatchObject({ promoted: 1, deploymentsPerDay: 0.5 });
  });

  it('take the lead time from the source commit, or from the start where that is not known', () => {
    expect(measured(PROMOTED)?.leadTimeMedianMs).toBe(4 * MINUTE_MS);
    const sourceMs = T0_MS - 10 * MINUTE_MS;
    const told = PROMOTED.map((decision) => ({ ...decision, sourceMs }));
    expect(measured(told)?.leadTimeMedianMs).toBe(14 * MINUTE_MS);
  });

  it('take the time to restore from the first traffic of the bad revision to the rollback', () => {
    expect(measured(FAILED)).toMatchObject({
      failed: 1,
      changeFailureRate: 1,
      restoreMedianMs: 2 * MINUTE_MS,
    });
  });

  it('do not blame a rollout that was withdrawn', () => {
    const withdrawn = story([
      ['start', 0],
      ['advance', 10],
      ['withdraw', 0],
    ]);
    const { withdrawn: count, changeFailureRate } = measured(withdrawn) ?? {};
    expect([count, changeFailureRate]).toEqual([1, undefined]);
  });

  it('count a restart as the withdrawal of the rollout before it', () => {
    const restarted = story([
      ['start', 0],
      ['advance', 10],
      ['restart', 0],
      ['start', 0],
      ['advance', 10],
      ['finish', 0],
    ]);
    expect(measured(restarted)).toMatchObject({
      withdrawn: 1,
      promoted: 1,
      leadTimeMedianMs: 3 * MINUTE_MS,
    });
  });

  it('leave out what ended outside the window, but not what began before it', () => {
    const old = FAILED.map((decision) => ({ ...decision, atMs: decision.atMs - DAY_MS }));
    const across = PROMOTED.map((decision) => ({
      ...decision,
      atMs: decision.atMs - 2 * MINUTE_MS,
    }));
    expect(measured([...old, ...across])).toMatchObject({ promoted: 1, failed: 0 });
  });
});

it('all canaries are measured together as well', () => {
  const other = FAILED.map((decision) => ({ ...decision, canary: 'shop/stock' }));
  const measures = measureDelivery([...PROMOTED, ...other], WINDOW);
  expect(measures.map(({ canary }) => canary)).toEqual(['shop/cart', 'shop/stock', 'all']);
  expect(measures.at(-1)).toMatchObject({ promoted: 1, failed: 1, changeFailureRate: 0.5 });
});
