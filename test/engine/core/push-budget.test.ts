import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  budgetOpensMs,
  fullAfterPushMs,
  type Lane,
  leaveAloneMs,
  type PushBudget,
} from '../../../engine/core/push-budget.ts';

/** Six a minute, two of them in reserve: a token comes back after 15 seconds. */
const BUDGET = { perMinute: 6, reserved: 2 };
const S = 1_000;
const LONG_AGO = -Infinity;

function opensS(lane: Lane, pushedS: readonly number[], nowS: number): number {
  const full = pushedS.reduce((fullMs, atS) => fullAfterPushMs(BUDGET, fullMs, atS * S), LONG_AGO);
  return budgetOpensMs(lane, BUDGET, full, nowS * S) / S;
}

describe('an ordinary push', () => {
  it.each([
    { name: 'goes at once after a quiet time', pushed: [], now: 100, opens: 100 },
    { name: 'leaves the reserve full behind it', pushed: [100], now: 101, opens: 115 },
    { name: 'goes when its turn has come', pushed: [100], now: 116, opens: 116 },
    { name: 'lets the reserve fill up first', pushed: [100, 101, 102], now: 103, opens: 145 },
  ])('$name', ({ pushed, now, opens }) => {
    expect(opensS('ordinary', pushed, now)).toBe(opens);
  });
});

describe('an urgent push', () => {
  it.each([
    { name: 'goes at once after an ordinary one', pushed: [100], now: 100, opens: 100 },
    { name: 'goes at once after another urgent one', pushed: [100, 100], now: 101, opens: 101 },
    { name: 'waits for the next token otherwise', pushed: [100, 100, 101], now: 102, opens: 115 },
  ])('$name', ({ pushed, now, opens }) => {
    expect(opensS('urgent', pushed, now)).toBe(opens);
  });
});

it('a clock that was set back does not keep a repository closed', () => {
  expect(opensS('ordinary', [5_000, 5_000, 5_000], 100)).toBe(100);
  expect(fullAfterPushMs(BUDGET, 5_000 * S, 100 * S)).toBe(115 * S);
});

describe('whatever is wished for', () => {
  const budgets = fc
    .record({
      perMinute: fc.integer({ min: 1, max: 12 }),
      reserved: fc.integer({ min: 0, max: 6 }),
    })
    .filter(({ perMinute, reserved }) => reserved < perMinute);
  const wishes = fc.array(
    fc.record({
      afterMs: fc.integer({ min: 0, max: 20 * S }),
      lane: fc.constantFrom<Lane>('urgent', 'ordinary'),
    }),
    { minLength: 1, maxLength: 150 },
  );

  /** Each wish comes true at the first moment that is open to it; then the next one is made. */
  function pushes(budget: PushBudget, all: readonly { afterMs: number; lane: Lane }[]) {
    let nowMs = 0;
    let fullMs = LONG_AGO;
    return all.map(({ afterMs, lane }) => {
      nowMs += afterMs;
      const wishedMs = nowMs;
      nowMs = budgetOpensMs(lane, budget, fullMs, nowMs);
      expect(budgetOpensMs(lane, budget, fullMs, nowMs)).toBe(nowMs);
      fullMs = fullAfterPushMs(budget, fullMs, nowMs);
      return { lane, atMs: nowMs, waitedMs: nowMs - wishedMs };
    });
  }

  it('no 60 seconds hold more pushes than the budget', () => {
    fc.assert(
      fc.property(budgets, wishes, (budget, all) => {
        const made = pushes(budget, all);
        for (const { atMs: endMs } of made) {
          const minute = made.filter(({ atMs }) => atMs > endMs - 60 * S && atMs <= endMs);
          expect(minute.length).toBeLessThanOrEqual(budget.perMinute);
        }
      }),
    );
  });

  it('an urgent push waits for one token at most, and an ordinary one for the bucket', () => {
    fc.assert(
      fc.property(budgets, wishes, (budget, all) => {
        const tokenMs = Math.ceil((60 * S) / (budget.perMinute - budget.reserved));
        for (const { lane, waitedMs } of pushes(budget, all)) {
          const mostMs = lane === 'urgent' ? tokenMs : (budget.reserved + 1) * tokenMs;
          expect(waitedMs).toBeLessThanOrEqual(mostMs);
        }
      }),
    );
  });
});

it('a server that says nothing is left alone for a minute, then for longer', () => {
  expect([0, 1, 2, 3, 4, 10].map((refusals) => leaveAloneMs(refusals) / 60_000)).toEqual([
    1, 2, 4, 8, 15, 15,
  ]);
});
