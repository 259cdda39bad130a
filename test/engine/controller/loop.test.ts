import { describe, expect, it } from 'vitest';
import { runLoop, shortestPauseMs, untilNextMs } from '../../../engine/controller/loop.ts';
import { GitServer, PushGate } from '../../../engine/controller/push-gate.ts';
import type { PassResult } from '../../../engine/controller/result.ts';
import { T0_MS } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { World } from '../../simulation/world.ts';

const POLL_MS = 10_000;

function aResult(...untilMs: readonly (number | undefined)[]): PassResult {
  const canaries = untilMs.map((until) => ({
    canary: 'default/reviews' as const,
    record: undefined,
    result: {
      kind: 'waiting' as const,
      why: 'x',
      ...(until === undefined ? {} : { untilMs: until }),
    },
  }));
  return { canaries, problems: [], queue: [] };
}

describe('the pause between two passes', () => {
  const SHORTEST_MS = shortestPauseMs({}, POLL_MS);
  const pauseMs = (result: PassResult) => untilNextMs(result, T0_MS, POLL_MS, SHORTEST_MS);

  it('ends at the first moment that some canary waits for', () => {
    const result = aResult(T0_MS + 7_000, undefined, T0_MS + 3_000);
    expect(pauseMs(result)).toBe(3_000);
  });

  it('ends when the evaluation after a commit may be due', () => {
    const result = { kind: 'committed', subjects: ['x'], untilMs: T0_MS + 4_000 } as const;
    const canaries = [{ canary: 'default/reviews', record: undefined, result }] as const;
    expect(pauseMs({ canaries, problems: [], queue: [] })).toBe(4_000);
  });

  it('is the poll at the most, and never nothing', () => {
    expect(pauseMs(aResult(T0_MS + 60_000))).toBe(POLL_MS);
    expect(pauseMs(aResult())).toBe(POLL_MS);
    expect(pauseMs(aResult(T0_MS - 5_000))).toBe(POLL_MS / 100);
  });

  it('is longer where pushes are counted', () => {
    const gate = new PushGate(
      new GitServer('git.test'),
      { perMinute: 6, reserved: 2 },
      new FakeClock(),
    );
    expect(shortestPauseMs({ gate }, POLL_MS)).toBe(POLL_MS / 20);
  });
});

describe('the loop', () => {
  /** A world without faults, whose engine waits on a fake clock. */
  function aLoop() {
    const world = new World(1);
    for (const part of [world.repository, world.cluster, world.source]) part.faults = false;
    const clock = new FakeClock();
    return { world, clock, ports: { ...world.ports(), clock } };
  }

  it('ends after the pass under way when it is asked to', async () => {
    const { ports } = aLoop();
    const ending = new AbortController();
    let passes = 0;
    await runLoop(ports, {
      pollMs: POLL_MS,
      signal: ending.signal,
      onPass: () => {
        passes += 1;
        if (passes === 3) ending.abort();
      },
    });
    expect(passes).toBe(3);
  });

  it('goes on after trouble, with longer pauses, and after a pass that threw', async () => {
    const { clock, ports } = aLoop();
    const ending = new AbortController();
    const outcomes = ['unreachable', 'throws', 'unreachable'];
    const delivery = {
      ...ports.delivery,
      refresh: () => {
        const outcome = outcomes.shift();
        if (outcome === undefined) ending.abort();
        if (outcome === 'throws') throw new Error('simulated');
        return Promise.resolve({ kind: 'unreachable' as const, why: 'simulated' });
      },
    };
    const random = { next: () => 0.999 };
    await runLoop({ ...ports, delivery, random }, { pollMs: POLL_MS, signal: ending.signal });
    const [first = 0, second = 0, third = 0] = clock.slept;
    expect(first).toBeGreaterThan(POLL_MS);
    expect(second).toBeGreaterThan(first);
    expect(third).toBeGreaterThan(second);
  });

  it.each([
    ['another engine leads', { kind: 'following', leader: 'other' }, true],
    ['nobody is known to lead', { kind: 'unsettled', why: 'no answer' }, false],
  ] as const)('does what it is here for while %s: %o', async (_, leadership, isAlive) => {
    const { ports } = aLoop();
    const ending = new AbortController();
    let beats = 0;
    let looks = 0;
    const lease = {
      campaign: () => Promise.resolve(),
      leadership() {
        looks += 1;
        if (looks > 4) ending.abort();
        return leadership;
      },
    };
    await runLoop(
      { ...ports, lease },
      { pollMs: POLL_MS, signal: ending.signal, onBeat: () => (beats += 1) },
    );
    expect(beats > 0).toBe(isAlive);
  });
});
