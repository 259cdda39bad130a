import { describe, expect, it } from 'vitest';
import { nextRoundInPaceMs, nextRoundMs } from '../../../engine/core/questions.ts';
import { aRunningRecord, aSpec, T0_MS } from '../../support/builders.ts';

const INTERVAL_MS = 10_000;
const spec = { ...aSpec(), analysis: { ...aSpec().analysis, intervalMs: INTERVAL_MS } };
const decidedAfter = (afterMs: number) => ({
  ...aRunningRecord(),
  decidedAtMs: T0_MS + afterMs,
});

describe('evaluations of a step that is live since T0', () => {
  const nextAfter = (decidedMs: number, askedMs?: number) => {
    const asked = askedMs === undefined ? {} : { asked: { atMs: T0_MS + askedMs } };
    return nextRoundInPaceMs(spec, decidedAfter(decidedMs), asked, T0_MS) - T0_MS;
  };

  it('follow each other by one interval', () => {
    expect(nextAfter(0)).toBe(10_000);
    expect(nextAfter(20_000)).toBe(30_000);
  });

  it('keep their pace when one is late by half an interval at the most', () => {
    expect(nextAfter(20_001)).toBe(30_000);
    expect(nextAfter(25_000)).toBe(30_000);
    expect(nextAfter(10_000, 22_000)).toBe(30_000);
  });

  it('are never closer than half an interval: one that is later starts another pace', () => {
    expect(nextAfter(25_001)).toBe(35_001);
    expect(nextAfter(29_999)).toBe(39_999);
  });

  it('wait a whole interval after a decision that is older than the step', () => {
    expect(nextAfter(-3_000)).toBe(7_000);
  });
});

it('a gate that was found closed is asked again one interval later, whenever that was', () => {
  expect(nextRoundMs(spec, decidedAfter(2_345), {})).toBe(T0_MS + 12_345);
});
