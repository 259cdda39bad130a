import { expect, it } from 'vitest';
import { judgeReadiness } from '../../../engine/core/readiness.ts';
import { datedAhead, decisionTimeMs } from '../../../engine/controller/decision-time.ts';
import { aStatus, aRecord, anObservation } from '../../support/builders.ts';

const DECIDED_MS = 1_000_000;
const MINUTE_MS = 60_000;
const rule = {
  kind: 'Deployment',
  thresholdPercent: 100,
  progressDeadlineSeconds: 60,
  leastReplicas: 2,
} as const;

it('a decision is dated by the clock, or as the one before when the clock was set back', () => {
  const record = aRecord({ decidedAtMs: DECIDED_MS });
  expect(decisionTimeMs(record, DECIDED_MS + 5)).toBe(DECIDED_MS + 5);
  expect(decisionTimeMs(record, DECIDED_MS - 2 * MINUTE_MS)).toBe(DECIDED_MS);
  expect(decisionTimeMs(undefined, 7)).toBe(7);
});

it.each([
  ['unavailable', { desiredReplicas: 2, updatedReplicas: 2, availableReplicas: 0 }, 'unavailable'],
  ['left unscaled by their autoscaler', { desiredReplicas: 1 }, 'unscaled'],
] as const)(
  'pods that have been %s for a second are so when the clock was set back',
  (_, short, what) => {
    const clockMs = DECIDED_MS - 2 * MINUTE_MS;
    const status = aStatus({ ...short, [`${what}SinceMs`]: clockMs - 1_000 });
    const observed = anObservation({ canary: { state: 'found', status } });
    const judge = ({ canary }: typeof observed) => judgeReadiness(canary, rule, DECIDED_MS).state;
    expect(judge(observed)).toBe('failed');
    expect(judge(datedAhead(observed, DECIDED_MS - clockMs))).toBe('progressing');
  },
);
