import { expect, it } from 'vitest';
import { judgeReadiness } from '../../../engine/core/readiness.ts';
import { datedAhead, decisionTimeMs } from '../../../engine/controller/decision-time.ts';
import { aStatus, aRecord, anObservation } from '../../support/builders.ts';

const DECIDED_MS = 1_000_000;
const MINUTE_MS = 60_000;
const rule = { thresholdPercent: 100, progressDeadlineSeconds: 60 };

it('a decision is dated by the clock, or as the one before when the clock was set back', () => {
  const record = aRecord({ decidedAtMs: DECIDED_MS });
  expect(decisionTimeMs(record, DECIDED_MS + 5)).toBe(DECIDED_MS + 5);
  expect(decisionTimeMs(record, DECIDED_MS - 2 * MINUTE_MS)).toBe(DECIDED_MS);
  expect(decisionTimeMs(undefined, 7)).toBe(7);
});

it('pods that have been unavailable for a second are so when the clock was set back by minutes', () => {
  const clockMs = DECIDED_MS - 2 * MINUTE_MS;
  const status = aStatus({ availableReplicas: 0, unavailableSinceMs: clockMs - 1_000 });
  const observed = anObservation({ canary: { state: 'found', status } });
  const judge = ({ canary }: typeof observed) => judgeReadiness(canary, rule, DECIDED_MS).state;
  expect(judge(observed)).toBe('failed');
  expect(judge(datedAhead(observed, DECIDED_MS - clockMs))).toBe('progressing');
});
