import { describe, expect, it } from 'vitest';
import type { EnginePorts } from '../../../engine/controller/engine-ports.ts';
import { EngineMemory } from '../../../engine/controller/memory.ts';
import { Outbox } from '../../../engine/controller/outbox.ts';
import { runPass } from '../../../engine/controller/pass.ts';
import type { CommitDraft, PublishOutcome } from '../../../engine/ports/delivery-repository.ts';
import type { CanaryReport } from '../../../engine/ports/status-writer.ts';
import { World } from '../../simulation/world.ts';

/** An engine whose first push breaks off, with or without its commits on the branch. */
function aBrokenPush(arrives: boolean) {
  const world = new World(1);
  for (const part of [world.repository, world.cluster, world.source]) part.faults = false;
  const told: string[] = [];
  const reports: CanaryReport[] = [];
  const outbox = new Outbox();
  const base = world.ports();
  const { delivery } = base;
  const outcomes: PublishOutcome['kind'][] = ['unknown'];
  const ports: EnginePorts = {
    ...base,
    gate: undefined,
    delivery: {
      refresh: () => delivery.refresh(),
      list: delivery.list.bind(delivery),
      items: delivery.items.bind(delivery),
      read: delivery.read.bind(delivery),
      containment: delivery.containment.bind(delivery),
      history: delivery.history.bind(delivery),
      async publish(drafts: readonly CommitDraft[], onto) {
        if (outcomes.shift() === undefined) return delivery.publish(drafts, onto);
        if (arrives) await delivery.publish(drafts, onto);
        return { kind: 'unknown', why: 'the connection broke' };
      },
    },
    messaging: {
      outbox,
      notifier: { send: () => Promise.resolve({ kind: 'sent' }) },
      defaults: [],
      eventWebhook: {
        name: 'audit',
        type: 'event',
        url: 'http://audit.test/',
        timeoutMs: 1,
        retries: 0,
        metadata: {},
        disableTls: false,
        muteAlert: false,
      },
    },
    webhooks: {
      call({ metadata }) {
        told.push(metadata['eventMessage'] ?? '');
        return Promise.resolve({ kind: 'ok', status: 200 });
      },
    },
    status: { write: (some) => void reports.push(...some) },
  };
  const memory = new EngineMemory();
  const pass = async () => {
    await runPass(ports, memory);
    await outbox.settled();
  };
  return { pass, told, reports, canaries: world.source.apps.length };
}

describe('decisions of a push whose outcome nobody could learn', () => {
  it('are told as soon as they are seen on the branch, and once', async () => {
    const { pass, told, reports, canaries } = aBrokenPush(true);
    await pass();
    expect(told).toEqual([]);
    await pass();
    expect(told).toHaveLength(canaries);
    expect(reports.flatMap(({ events }) => events)).toHaveLength(canaries);
    await pass();
    expect(new Set(told).size).toBe(told.length);
  });

  it('are told when they are taken again, where they did not get there', async () => {
    const { pass, told, canaries } = aBrokenPush(false);
    await pass();
    expect(told).toEqual([]);
    await pass();
    expect(told).toHaveLength(canaries);
  });
});
