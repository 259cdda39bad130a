import { describe, expect, it } from 'vitest';
import { EngineMemory } from '../../../engine/controller/memory.ts';
import { showStatus } from '../../../engine/controller/show-status.ts';
import { runPass } from '../../../engine/controller/pass.ts';
import type { CanaryReport } from '../../../engine/ports/status-writer.ts';
import { aRunningRecord, T0_MS } from '../../support/builders.ts';
import { World } from '../../simulation/world.ts';

function aPass() {
  const world = new World(1);
  for (const part of [world.repository, world.cluster, world.source]) part.faults = false;
  const reports: CanaryReport[] = [];
  const status = {
    write: (some: readonly CanaryReport[]) => {
      reports.push(...some);
      return Promise.resolve();
    },
  };
  return { ports: { ...world.ports(), status }, reports, world };
}

describe('the status after a pass', () => {
  it('says what was pushed, with an event for each decision', async () => {
    const { ports, reports } = aPass();
    await runPass(ports);
    expect(reports[0]).toMatchObject({
      status: { phase: 'Initializing', canaryWeight: 0 },
      events: [{ type: 'Normal' }],
    });
  });

  it('has no event when nothing was decided, and nothing new is waited for', async () => {
    const { ports, reports } = aPass();
    const memory = new EngineMemory();
    await runPass(ports, memory);
    await runPass(ports, memory);
    const { length } = reports;
    await runPass(ports, memory);
    expect(reports.length).toBeGreaterThan(length);
    expect(reports.slice(length).flatMap(({ events }) => events)).toEqual([]);
  });

  it('says nothing of decisions that did not reach the branch', async () => {
    const { ports, reports } = aPass();
    const { delivery } = ports;
    const refusing = {
      refresh: () => delivery.refresh(),
      list: delivery.list.bind(delivery),
      items: delivery.items.bind(delivery),
      read: delivery.read.bind(delivery),
      containment: delivery.containment.bind(delivery),
      history: delivery.history.bind(delivery),
      publish: () => Promise.resolve({ kind: 'unreachable' as const, why: 'simulated' }),
    };
    await runPass({ ...ports, delivery: refusing });
    expect(reports).toEqual([]);
  });

  it('has a condition of its own for a commit that does not become live', async () => {
    const { ports, reports } = aPass();
    const record = aRunningRecord();
    const notLive = { reason: 'the route was refused', sinceMs: T0_MS };
    const result = { kind: 'waiting', why: 'x', notLive } as const;
    const outcome = { canary: record.canary, record, result };
    const proposal = { outcome, drafts: [], urgent: false, taken: [] };
    showStatus(ports.status, { proposals: [proposal], specs: new Map() });
    expect(reports[0]?.status.conditions[1]).toEqual({
      type: 'Live',
      status: 'False',
      reason: 'NotLive',
      message: 'the route was refused',
      lastUpdateTime: '2026-01-01T00:00:00Z',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    });
  });
});
