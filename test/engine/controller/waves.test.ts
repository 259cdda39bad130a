import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { EnginePorts } from '../../../engine/controller/engine-ports.ts';
import { runLoop } from '../../../engine/controller/loop.ts';
import { EngineMemory } from '../../../engine/controller/memory.ts';
import { openPass } from '../../../engine/controller/open-pass.ts';
import { runPass } from '../../../engine/controller/pass.ts';
import { GitServer, PushGate } from '../../../engine/controller/push-gate.ts';
import type { Proposal } from '../../../engine/controller/reconcile.ts';
import { Waves } from '../../../engine/controller/waves.ts';
import type { PushBudget } from '../../../engine/core/push-budget.ts';
import type { Measurement } from '../../../engine/core/observation.ts';
import type { CommitDraft } from '../../../engine/ports/delivery-repository.ts';
import { World } from '../../simulation/world.ts';
import { T0_MS } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const GOOD: Measurement = { kind: 'value', value: 100, samples: 600 };

/** Both canaries are under analysis, and their checks are due. */
async function twoUnderAnalysis() {
  const world = new World(3, { names: ['reviews', 'ratings'] });
  for (const part of [world.repository, world.cluster, world.source]) part.faults = false;
  world.repository.limit = undefined;
  const all = (holds: (record: ReturnType<World['records']>[number]) => boolean) =>
    world.records().every(holds);
  while (!all((record) => record?.awaiting === 'revision')) await world.step(10_000);
  world.source.release(() => 'good');
  while (!all((record) => record?.awaiting === 'analysis')) await world.step(10_000);
  world.cluster.tick();
  for (const { name } of world.source.apps)
    expect(world.cluster.isDown(`default/${name}`)).toBe(false);
  const clock = new FakeClock(world.nowMs + 600_000);
  const ports: EnginePorts = { ...world.ports(), clock, gate: undefined };
  const subjects = () =>
    world.repository.commits.map(({ message }) => message.split('\n', 1)[0] ?? '');
  return { world, ports, clock, subjects, memory: new EngineMemory() };
}

/** `reviews` is slow to be measured, and `ratings` has lost its pods. */
function withSlowReviewsAndDeadRatings(ports: EnginePorts) {
  const slow = Promise.withResolvers<Measurement>();
  let asked = 0;
  const metrics: EnginePorts['metrics'] = {
    requests: (...args) => ports.metrics.requests(...args),
    measure: ({ workload }) => {
      if (workload !== 'reviews') return Promise.resolve(GOOD);
      asked += 1;
      return slow.promise;
    },
  };
  const workloads: EnginePorts['workloads'] = {
    async workload(kind, namespace, name) {
      const seen = await ports.workloads.workload(kind, namespace, name);
      if (name !== 'ratings' || seen.state !== 'found') return seen;
      return { ...seen, status: { ...seen.status, availableReplicas: 0, unavailableSinceMs: 0 } };
    },
  };
  return { ports: { ...ports, metrics, workloads }, slow, asked: () => asked };
}

describe('a canary whose checks are slow to be answered', () => {
  it('does not hold up the rollback of another', async () => {
    const { ports, subjects, memory } = await twoUnderAnalysis();
    const slow = withSlowReviewsAndDeadRatings(ports);
    const patience = Promise.withResolvers<void>();
    const pass = runPass({ ...slow.ports, patience: () => patience.promise }, memory);
    await vi.waitFor(() => expect(subjects().at(-1)).toMatch(/^ratings\.default: rollback/));
    patience.resolve();
    const { canaries } = await pass;
    expect(canaries.map(({ canary, result }) => [canary, result.kind])).toEqual([
      ['default/reviews', 'waiting'],
      ['default/ratings', 'committed'],
    ]);
  });

  it('is decided on by the pass after the answer, which does not ask again', async () => {
    const { ports, subjects, memory } = await twoUnderAnalysis();
    const slow = withSlowReviewsAndDeadRatings(ports);
    let news = 0;
    memory.onLateAnswer = () => (news += 1);
    const impatient = { ...slow.ports, patience: () => setImmediate() };
    await runPass(impatient, memory);
    await runPass(impatient, memory);
    expect(news).toBe(0);
    slow.slow.resolve(GOOD);
    await setImmediate();
    expect(news).toBe(1);
    await runPass(impatient, memory);
    expect(subjects().at(-1)).toMatch(/^reviews\.default: canary weight/);
    expect(slow.asked()).toBe(2);
  });
});

it('a late answer ends the pause between two passes', async () => {
  const { ports, clock, subjects } = await twoUnderAnalysis();
  const before = subjects().length;
  const { ports: faulty, slow } = withSlowReviewsAndDeadRatings(ports);
  const ending = new AbortController();
  let passes = 0;
  await runLoop(
    {
      ...faulty,
      patience: () => setImmediate(),
      clock: {
        nowMs: () => clock.nowMs(),
        async sleep(_, signal) {
          slow.resolve(GOOD);
          if (signal?.aborted !== true) await once(signal as AbortSignal, 'abort');
        },
      },
    },
    {
      pollMs: 10_000,
      signal: ending.signal,
      onPass: () => {
        passes += 1;
        if (passes === 2) ending.abort();
      },
    },
  );
  expect(subjects().slice(before)).toContainEqual(
    expect.stringMatching(/^reviews\.default: canary weight/),
  );
});

describe('decisions of a pass that has others to look at yet', () => {
  const aProposal = (subject: string, urgent = false): Proposal => ({
    outcome: {
      canary: 'default/reviews',
      record: undefined,
      result: { kind: 'committed', subjects: [subject] },
    },
    drafts: [{ message: `${subject}\n`, changes: [], atMs: T0_MS }],
    urgent,
    taken: [],
  });

  /** Waves whose pushes end when they are told to. */
  async function someWaves(gate?: PushGate, looksTakeForEver = false) {
    const { ports, clock, memory } = await twoUnderAnalysis();
    const patient = { nowMs: () => clock.nowMs(), sleep: () => new Promise<never>(() => {}) };
    const pushes: { readonly subjects: readonly string[]; readonly end: () => void }[] = [];
    const delivery: EnginePorts['delivery'] = Object.assign(Object.create(ports.delivery), {
      async publish(drafts: readonly CommitDraft[]) {
        const ending = Promise.withResolvers<void>();
        pushes.push({ subjects: drafts.map(({ message }) => message.trim()), end: ending.resolve });
        await ending.promise;
        return { kind: 'pushed', commits: drafts.map(() => 'c'.repeat(40)) };
      },
    }) as EnginePorts['delivery'];
    const own = { ...ports, delivery, gate, clock: looksTakeForEver ? patient : clock };
    const opened = await openPass(ports, memory);
    if ('trouble' in opened) throw new Error(opened.trouble.why);
    return {
      pushes,
      slept: clock.slept,
      waves: new Waves(own, memory, opened, { specs: new Map(), secrets: undefined }),
    };
  }

  const hundred = Array.from({ length: 100 }, (_, index) => `decision ${index}`);

  it('wait for the end of the pass where they are few', async () => {
    const { waves, pushes } = await someWaves();
    for (const subject of hundred.slice(1)) waves.offer(aProposal(subject));
    await waves.room();
    expect(pushes).toEqual([]);
    const ended = waves.finish(new Map());
    await vi.waitFor(() => expect(pushes).toHaveLength(1));
    pushes[0]?.end();
    await ended;
    expect(pushes[0]?.subjects).toEqual(hundred.slice(1));
  });

  it('are pushed by the hundred, and nobody is looked at meanwhile', async () => {
    const { waves, pushes } = await someWaves();
    for (const subject of hundred) waves.offer(aProposal(subject));
    expect(pushes.map(({ subjects }) => subjects)).toEqual([hundred]);
    let isLooking = false;
    const room = waves.room().then(() => (isLooking = true));
    await setImmediate();
    expect(isLooking).toBe(false);
    pushes[0]?.end();
    await room;
    expect(isLooking).toBe(true);
  });

  it('are pushed beside further looks once there are so many that others have become due', async () => {
    const { waves, pushes } = await someWaves();
    for (const large of [0, 1, 2]) {
      for (const subject of hundred) waves.offer(aProposal(subject));
      await vi.waitFor(() => expect(pushes).toHaveLength(large + 1));
      if (large < 2) pushes[large]?.end();
      await setImmediate();
    }
    await waves.room();
    waves.offer(aProposal('rollback', true));
    pushes[2]?.end();
    await vi.waitFor(() => expect(pushes).toHaveLength(4));
    expect(pushes[3]?.subjects).toEqual(['rollback']);
  });

  it('wait by the hundred for those that are looked at already: what is urgent in them goes first', async () => {
    const { waves, pushes } = await someWaves(undefined, true);
    await waves.room();
    for (const subject of hundred) {
      await waves.room();
      waves.offer(aProposal(subject));
    }
    await setImmediate();
    expect(pushes).toEqual([]);
    waves.offer(aProposal('rollback', true));
    await vi.waitFor(() => expect(pushes).toHaveLength(1));
    expect(pushes[0]?.subjects).toEqual(['rollback']);
    pushes[0]?.end();
    await vi.waitFor(() => expect(pushes).toHaveLength(2));
    expect(pushes[1]?.subjects).toEqual(hundred);
  });

  it('that are urgent wait for nobody else who is being looked at', async () => {
    const { waves, pushes } = await someWaves(undefined, true);
    await waves.room();
    await waves.room();
    for (const subject of hundred) {
      await waves.room();
      waves.offer(aProposal(subject));
    }
    waves.offer(aProposal('rollback', true));
    await vi.waitFor(() => expect(pushes).toHaveLength(1));
    expect(pushes[0]?.subjects).toEqual(['rollback']);
  });

  it('do not wait for long for one that somebody outside is slow to answer', async () => {
    const { waves, pushes, slept } = await someWaves();
    await waves.room();
    for (const subject of hundred) {
      await waves.room();
      waves.offer(aProposal(subject));
    }
    await vi.waitFor(() => expect(pushes).toHaveLength(1));
    expect(slept.at(-1)).toBe(200);
    expect(pushes[0]?.subjects).toEqual(hundred);
  });

  it('are overtaken by what is urgent, which goes out for itself', async () => {
    const { waves, pushes } = await someWaves();
    for (const subject of hundred.slice(1)) waves.offer(aProposal(subject));
    waves.offer(aProposal('rollback', true));
    expect(pushes.map(({ subjects }) => subjects)).toEqual([['rollback']]);
    waves.offer(aProposal('decision 0'));
    await waves.room();
    pushes[0]?.end();
    await vi.waitFor(() => expect(pushes).toHaveLength(2));
    expect(pushes[1]?.subjects).toHaveLength(100);
  });

  it('all go out together where pushes are counted', async () => {
    const clock = new FakeClock();
    const gate = new PushGate(new GitServer('git.test'), { perMinute: 6, reserved: 2 }, clock);
    const { waves, pushes } = await someWaves(gate);
    for (const subject of [...hundred, 'another']) waves.offer(aProposal(subject));
    waves.offer(aProposal('rollback', true));
    expect(pushes).toEqual([]);
  });
});

describe('a pass that may not push now', () => {
  function gated(ports: EnginePorts, clock: FakeClock, budget: PushBudget) {
    const gate = new PushGate(new GitServer('git.test'), budget, clock);
    return { ...ports, gate };
  }

  it('keeps decisions in the queue, does not check again, and decides anew when it may', async () => {
    const { ports, clock, subjects, memory } = await twoUnderAnalysis();
    let measured = 0;
    const metrics: EnginePorts['metrics'] = {
      requests: (...args) => ports.metrics.requests(...args),
      measure: () => {
        measured += 1;
        return Promise.resolve(GOOD);
      },
    };
    const limited = gated({ ...ports, metrics }, clock, { perMinute: 1, reserved: 0 });
    limited.gate.pushed({ kind: 'pushed', commits: [] });
    const before = subjects().length;
    const first = await runPass(limited, memory);
    expect(first.queue).toEqual(
      ['reviews', 'ratings'].map((name) => ({
        canary: `default/${name}`,
        lane: 'ordinary',
        subjects: [expect.stringMatching(`^${name}.default: canary weight`)],
        sinceMs: clock.nowMs(),
        untilMs: clock.nowMs() + 60_000,
        why: 'git.test takes 1 pushes a minute',
      })),
    );
    expect(first.canaries.map(({ result }) => result.kind)).toEqual(['waiting', 'waiting']);
    expect(first.trouble).toBeUndefined();
    clock.advance(10_000);
    const second = await runPass(limited, memory);
    expect(second.queue).toEqual(first.queue);
    expect(measured).toBe(4);
    expect(subjects()).toHaveLength(before);
    clock.advance(50_000);
    const third = await runPass(limited, memory);
    expect(measured).toBe(8);
    expect(third.queue).toEqual([]);
    expect(subjects()).toHaveLength(before + 2);
  });

  it('lets a rollback through the reserve, and everything that is decided with it', async () => {
    const { ports, clock, subjects, memory } = await twoUnderAnalysis();
    const { ports: faulty, slow } = withSlowReviewsAndDeadRatings(ports);
    slow.resolve(GOOD);
    const limited = gated(faulty, clock, { perMinute: 2, reserved: 1 });
    limited.gate.pushed({ kind: 'pushed', commits: [] });
    expect(limited.gate.window('ordinary')).toBeDefined();
    await runPass(limited, memory);
    const [first, second] = subjects().slice(-2);
    expect(first).toMatch(/^ratings\.default: rollback/);
    expect(second).toMatch(/^reviews\.default: canary weight/);
  });

  it('asks a server for nothing that wants to be left alone', async () => {
    const { ports, clock, memory } = await twoUnderAnalysis();
    const limited = gated(ports, clock, { perMinute: 6, reserved: 2 });
    limited.gate.pushed({ kind: 'deferred', why: '429', retryAfterMs: 20_000 });
    let asked = 0;
    const delivery: EnginePorts['delivery'] = Object.assign(Object.create(ports.delivery), {
      refresh: () => {
        asked += 1;
        return ports.delivery.refresh();
      },
    }) as EnginePorts['delivery'];
    const { trouble } = await runPass({ ...limited, delivery }, memory);
    expect(trouble).toEqual({
      kind: 'retry',
      why: 'git.test has asked to be left alone',
      retryAfterMs: 20_000,
    });
    expect(asked).toBe(0);
  });
});
