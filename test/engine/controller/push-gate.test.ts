import { describe, expect, it } from 'vitest';
import { GitServer, PushGate } from '../../../engine/controller/push-gate.ts';
import type { PublishOutcome } from '../../../engine/ports/delivery-repository.ts';
import { T0_MS } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const PUSHED: PublishOutcome = { kind: 'pushed', commits: [] };
const S = 1_000;

function aGate(budget?: { perMinute: number; reserved: number }) {
  const clock = new FakeClock();
  const server = new GitServer('git.test');
  return { clock, server, gate: new PushGate(server, budget, clock) };
}

describe('the gate of a repository', () => {
  it('is always open without a budget', () => {
    const { gate } = aGate();
    for (let push = 0; push < 100; push += 1) gate.pushed(PUSHED);
    expect(gate.window('ordinary')).toBeUndefined();
  });

  it('closes for ordinary pushes first, and says why and until when', () => {
    const { gate } = aGate({ perMinute: 6, reserved: 2 });
    gate.pushed(PUSHED);
    expect(gate.window('urgent')).toBeUndefined();
    expect(gate.window('ordinary')).toEqual({
      opensMs: T0_MS + 15 * S,
      why: 'git.test takes 6 pushes a minute, 2 of them kept for rollbacks',
      isClosedByServer: false,
    });
  });

  it.each<PublishOutcome>([
    { kind: 'stale', why: 'x' },
    { kind: 'unknown', why: 'x' },
    { kind: 'unreachable', why: 'x' },
    { kind: 'rejected', why: 'x', remedy: 'y' },
  ])('counts a push whatever became of it: $kind', (outcome) => {
    const { gate } = aGate({ perMinute: 1, reserved: 0 });
    gate.pushed(outcome);
    expect(gate.window('urgent')).toMatchObject({ opensMs: T0_MS + 60 * S });
  });

  it('does not count what was never pushed', () => {
    const { gate } = aGate({ perMinute: 1, reserved: 0 });
    gate.pushed({ kind: 'unchanged' });
    expect(gate.window('urgent')).toBeUndefined();
  });
});

describe('a server that wants fewer requests', () => {
  it('closes all its repositories for as long as it says', () => {
    const { clock, server, gate } = aGate();
    const other = new PushGate(server, undefined, clock);
    gate.pushed({ kind: 'deferred', why: '429', retryAfterMs: 30 * S });
    for (const each of [gate, other]) {
      expect(each.window('urgent')).toEqual({
        opensMs: T0_MS + 30 * S,
        why: 'git.test has asked to be left alone',
        isClosedByServer: true,
      });
    }
    clock.advance(30 * S);
    expect(other.window('ordinary')).toBeUndefined();
  });

  it('is left alone for longer and longer while it does not say, until it takes a push', () => {
    const { clock, gate } = aGate();
    const opensAfterMs = () => {
      gate.pushed({ kind: 'deferred', why: '429' });
      const closedMs = (gate.window('urgent')?.opensMs ?? 0) - clock.nowMs();
      clock.advance(closedMs);
      return closedMs;
    };
    expect([opensAfterMs(), opensAfterMs()]).toEqual([60 * S, 120 * S]);
    gate.pushed(PUSHED);
    expect(opensAfterMs()).toBe(60 * S);
  });

  it('may say so when it is read as well, or when it is in trouble', () => {
    const { gate } = aGate();
    gate.heard({ why: 'busy' });
    expect(gate.window('urgent')).toBeUndefined();
    gate.heard({ why: 'busy', retryAfterMs: 5 * S });
    expect(gate.window('urgent')).toMatchObject({ opensMs: T0_MS + 5 * S });
    gate.pushed({ kind: 'unreachable', why: '503', retryAfterMs: 9 * S });
    expect(gate.window('urgent')).toMatchObject({ opensMs: T0_MS + 9 * S });
  });
});
