import { describe, expect, it } from 'vitest';
import { createLeadershipReporter } from '../../../engine/controller/election.ts';
import { runLoop } from '../../../engine/controller/loop.ts';
import type { PassResult } from '../../../engine/controller/result.ts';
import type { Leadership, Lease } from '../../../engine/ports/lease.ts';
import { World } from '../../simulation/world.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const leading = (term: number): Leadership => ({ kind: 'leading', identity: 'we', term });
const FOLLOWING: Leadership = { kind: 'following', leader: 'they' };

/** Says who leads, answer by answer; the last one stays. */
class ScriptedLease implements Lease {
  released = false;
  readonly #answers: Leadership[];

  constructor(...answers: readonly Leadership[]) {
    this.#answers = [...answers];
  }

  leadership(): Leadership {
    return (this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0]) ?? FOLLOWING;
  }

  campaign(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        this.released = true;
        resolve();
      });
    });
  }
}

/** A world with one thing to commit, and a loop that ends after `passes` passes or `sleeps` pauses. */
async function runWith(lease: Lease, { passes = 1, sleeps = 5 } = {}) {
  const world = new World(1);
  for (const part of [world.repository, world.cluster, world.source]) part.faults = false;
  const ending = new AbortController();
  const clock = new FakeClock();
  const results: PassResult[] = [];
  const logged: string[] = [];
  const log = (message: string) => void logged.push(message);
  await runLoop(
    {
      ...world.ports(),
      lease,
      clock: {
        nowMs: () => clock.nowMs(),
        sleep: (durationMs) => {
          if (clock.slept.length + 1 >= sleeps) ending.abort();
          return clock.sleep(durationMs);
        },
      },
      logger: { info: log, warn: log, error: log },
    },
    {
      pollMs: 10_000,
      signal: ending.signal,
      onPass: (result) => {
        results.push(result);
        if (results.length === passes) ending.abort();
      },
    },
  );
  return { world, results, logged, clock };
}

describe('the loop under a lease', () => {
  it('publishes while it leads, and lets the lease go in the end', async () => {
    const lease = new ScriptedLease(leading(1));
    const { world } = await runWith(lease);
    expect(world.repository.commits.length).toBeGreaterThan(0);
    expect(lease.released).toBe(true);
  });

  it('makes no pass while another engine leads, and says so once', async () => {
    const { results, logged, clock } = await runWith(new ScriptedLease(FOLLOWING));
    expect(results).toEqual([]);
    expect(logged).toEqual(['another engine leads']);
    expect(clock.slept).toEqual([1_000, 1_000, 1_000, 1_000, 1_000]);
  });

  it('takes its turn when the leader is gone', async () => {
    const { results } = await runWith(new ScriptedLease(FOLLOWING, FOLLOWING, leading(1)));
    expect(results).toHaveLength(1);
  });

  it.each([
    ['lost', FOLLOWING],
    ['lapsed', { kind: 'unsettled', why: 'not renewed in time' }],
    ['lapsed and taken again', leading(2)],
  ] as const)('publishes nothing of a pass during which the lease was %s', async (_, then) => {
    const { world, results } = await runWith(new ScriptedLease(leading(1), then));
    expect(world.repository.commits).toEqual([]);
    expect(results[0]?.trouble).toMatchObject({ why: 'this engine does not lead any more' });
  });
});

it('a leadership is reported once per change', () => {
  const lines: string[] = [];
  const log = (message: string, fields = {}) => {
    lines.push(`${message} ${Object.values(fields).join()}`);
  };
  const report = createLeadershipReporter({ info: log, warn: log, error: log });
  for (const each of [FOLLOWING, FOLLOWING, leading(1), leading(1), FOLLOWING]) report(each);
  report({ kind: 'unsettled', why: 'away' });
  expect(lines).toEqual([
    'another engine leads they',
    'this engine leads we',
    'another engine leads they',
    'nobody is known to lead, standing by away',
  ]);
});
