import { describe, expect, it } from 'vitest';
import { EngineMemory } from '../../../engine/controller/memory.ts';
import {
  recordEvaluation,
  recordPush,
  recordStandings,
} from '../../../engine/controller/record-telemetry.ts';
import type { ReconcileResult } from '../../../engine/controller/result.ts';
import { runLoop } from '../../../engine/controller/loop.ts';
import type { Taken } from '../../../engine/controller/taken.ts';
import type { RolloutRecord } from '../../../engine/core/record.ts';
import { anObservation, aRunningRecord, aSpec, PASSED, T0_MS } from '../../support/builders.ts';
import { collectedTelemetry } from '../../support/collected-telemetry.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { World } from '../../simulation/world.ts';

const spec = aSpec();
const draft = { message: '', changes: [], atMs: T0_MS };

function planned(result: ReconcileResult, taken: readonly Taken[] = []) {
  const record = aRunningRecord();
  return {
    proposals: [
      {
        outcome: { canary: record.canary, record, result },
        drafts: taken.map((each) => each.draft),
        taken,
      },
    ],
    specs: new Map([[record.canary, spec]]),
    drafts: taken.map((each) => each.draft),
  };
}

function anAdvance(differing: Partial<Taken> = {}): Taken {
  const weights = { primary: 70, canary: 30 };
  return {
    change: { kind: 'advance', reason: 'because', weights },
    before: aRunningRecord(),
    after: aRunningRecord({ weights, decidedAtMs: T0_MS + 61_000 }),
    draft,
    ...differing,
  };
}

const COMMITTED: ReconcileResult = { kind: 'committed', subjects: [] };
const PUSHED = { outcome: 'pushed', durationMs: 100 } as const;

describe('after a pass', () => {
  it('how each canary fares is told', () => {
    const { telemetry, told } = collectedTelemetry();
    const notLive = { reason: 'refused', sinceMs: T0_MS };
    const waiting = planned({ kind: 'waiting', why: 'x', notLive });
    recordStandings(telemetry, new EngineMemory(), waiting);
    expect(told.canaries).toEqual([
      [
        {
          namespace: 'default',
          target: 'reviews',
          phase: 'Progressing',
          weights: { primary: 80, canary: 20 },
          strategy: 'canary',
          isNotLive: true,
        },
      ],
    ]);
  });

  it('a canary that the source does not describe any more is left out', () => {
    const { telemetry, told } = collectedTelemetry();
    const gone = { ...planned({ kind: 'done', why: 'x' }), specs: new Map() };
    recordStandings(telemetry, new EngineMemory(), gone);
    expect(told.canaries).toEqual([[]]);
  });
});

describe('after a push', () => {
  it('what each commit was for is told, and how long the decision was due', () => {
    const { telemetry, told } = collectedTelemetry();
    const memory = new EngineMemory();
    recordStandings(
      telemetry,
      memory,
      planned({ kind: 'waiting', why: 'x', untilMs: T0_MS + 60_000 }),
    );
    const plan = planned(COMMITTED, [anAdvance()]);
    const other = { ...draft, message: 'carry over' };
    recordPush(telemetry, memory, { ...plan, drafts: [draft, other] }, PUSHED);
    expect(told.pushed).toEqual([{ ...PUSHED, commits: ['advance', 'carry-over'] }]);
    expect(told.decided).toMatchObject([{ target: 'reviews', delayMs: 1_000 }]);
  });

  it('a commit for a canary that takes no decision has healed it', () => {
    const { telemetry, told } = collectedTelemetry();
    const plan = planned(COMMITTED);
    const healing = plan.proposals.map((each) => ({ ...each, drafts: [draft] }));
    const push = { ...plan, proposals: healing, drafts: [draft] };
    recordPush(telemetry, new EngineMemory(), push, PUSHED);
    expect(told.pushed).toEqual([{ ...PUSHED, commits: ['heal'] }]);
  });

  it('a decision that was taken before it was due has no delay: it has another reason', () => {
    const { telemetry, told } = collectedTelemetry();
    const memory = new EngineMemory();
    memory.due.set('default/reviews', T0_MS + 90_000);
    recordPush(telemetry, memory, planned(COMMITTED, [anAdvance()]), PUSHED);
    expect(told.decided[0]).not.toHaveProperty('delayMs');
  });

  it('that failed, no decision is told', () => {
    const { telemetry, told } = collectedTelemetry();
    const plan = planned(COMMITTED, [anAdvance()]);
    recordPush(telemetry, new EngineMemory(), plan, { outcome: 'unreachable', durationMs: 5 });
    expect(told.decided).toEqual([]);
  });

  it('that had to wait for its turn, the time since the decision was due is told', () => {
    const { telemetry, told } = collectedTelemetry();
    const memory = new EngineMemory();
    memory.due.set('default/reviews', T0_MS + 30_000);
    const waiting = { lane: 'ordinary', subjects: ['x'], sinceMs: T0_MS, why: 'budget' } as const;
    memory.queue.replace([
      { decision: { canary: 'default/reviews', ...waiting }, before: aRunningRecord() },
    ]);
    const later = { kind: 'waiting', why: 'to push', untilMs: T0_MS + 60_000 } as const;
    recordStandings(telemetry, memory, planned(later));
    recordPush(telemetry, memory, planned(COMMITTED, [anAdvance()]), PUSHED);
    expect(told.decided).toMatchObject([{ delayMs: 31_000 }]);
  });

  it.each([
    ['finish', { result: 'succeeded', strategy: 'canary', analysis: 'completed' }],
    ['fail-promotion', { result: 'failed', strategy: 'canary', analysis: 'completed' }],
    ['promote', undefined],
  ] as const)('%s ends a rollout as %o', (kind, end) => {
    const { telemetry, told } = collectedTelemetry();
    const taken = anAdvance({ change: { kind, reason: 'because' } });
    recordPush(telemetry, new EngineMemory(), planned(COMMITTED, [taken]), PUSHED);
    expect(told.decided[0]?.end).toEqual(end);
  });

  it('each moment of a step is told once: by the decision that writes it down', () => {
    const step = (moments: Partial<NonNullable<RolloutRecord['step']>>) => ({
      from: { primary: 90, canary: 10 },
      committedMs: T0_MS,
      ...moments,
    });
    const before = aRunningRecord({ step: step({ containedMs: T0_MS + 2_000 }) });
    const seen = step({ containedMs: T0_MS + 2_000, appliedMs: T0_MS + 3_000 });
    const { telemetry, told } = collectedTelemetry();
    const decide = (after: RolloutRecord) => {
      const plan = planned(COMMITTED, [anAdvance({ before, after })]);
      recordPush(telemetry, new EngineMemory(), plan, PUSHED);
    };
    decide(aRunningRecord({ step: seen }));
    decide(
      aRunningRecord({ step: { ...step({}), committedMs: T0_MS + 9_000 }, previousStep: seen }),
    );
    decide(aRunningRecord({ step: { ...step({}), committedMs: T0_MS + 9_000 } }));
    expect(told.decided.map(({ liveDelaysMs }) => liveDelaysMs)).toEqual([
      { applied: 3_000 },
      { applied: 3_000 },
      {},
    ]);
  });
});

describe('an evaluation', () => {
  it('is told with durations in seconds', () => {
    const { telemetry, told } = collectedTelemetry();
    recordEvaluation(telemetry, spec, anObservation({ evaluation: PASSED }), 250);
    expect(told.evaluated).toEqual([
      {
        namespace: 'default',
        target: 'reviews',
        durationMs: 250,
        values: [
          { metric: 'request-success-rate', value: 100 },
          { metric: 'request-duration', value: 0.012 },
        ],
      },
    ]);
  });

  it('that was not made is not told', () => {
    const { telemetry, told } = collectedTelemetry();
    recordEvaluation(telemetry, spec, anObservation(), 250);
    const evaluation = { state: 'pending', why: 'x', untilMs: T0_MS } as const;
    recordEvaluation(telemetry, spec, anObservation({ evaluation }), 250);
    expect(told.evaluated).toEqual([]);
  });
});

describe('the loop', () => {
  it('tells of each pass and beats after those that went through', async () => {
    const world = new World(1);
    for (const part of [world.repository, world.cluster, world.source]) part.faults = false;
    const { telemetry, told } = collectedTelemetry();
    const ending = new AbortController();
    const clock = new FakeClock();
    let beats = 0;
    const ports = { ...world.ports(), telemetry, clock };
    const source = { read: () => Promise.resolve({ kind: 'unreachable', why: 'away' } as const) };
    await runLoop(ports, {
      pollMs: 10_000,
      signal: ending.signal,
      onBeat: () => (beats += 1),
      onPass: () => ending.abort(),
    });
    const again = new AbortController();
    await runLoop(
      { ...ports, source },
      {
        pollMs: 10_000,
        signal: again.signal,
        onBeat: () => (beats += 1),
        onPass: () => again.abort(),
      },
    );
    expect(told.passed.map(({ outcome }) => outcome)).toEqual(['done', 'retry']);
    expect(beats).toBe(1);
  });
});
