import { eventDifference, firstDifference, refusalText } from './compare.ts';
import { type Expectation, expectationOf } from './differences.ts';
import type { History } from './history.ts';
import { ownSubject, subjectsOf } from './recorded.ts';
import { Replay, type ReplayOptions } from './replay.ts';
import type { Trace } from './trace.ts';

/** How one canary of a trace compares. */
export interface Comparison {
  readonly canary: string;
  /** The listed differences that the recording takes to be what Serin does. */
  readonly ids: readonly string[];
  /** The first difference that is not listed. */
  readonly difference?: string;
  /** What Serin refused the canary with, where it had to. */
  readonly refused?: string;
}

/** Replays a trace against the engine: one comparison for each of its canaries. */
export async function compareTrace(
  trace: Trace,
  options: Pick<ReplayOptions, 'forgetful'> = { forgetful: false },
): Promise<readonly Comparison[]> {
  const expectations = subjectsOf(trace).map((subject) => expectationOf(trace, subject));
  const own = expectationOf(trace, ownSubject(trace));
  const replay = new Replay(trace);
  const histories = await replay.run({ ...options, steps: own.history.steps.length });
  return subjectsOf(trace).map((subject, index) => {
    const expected = expectations[index] ?? own;
    const seen = histories.get(subject.name) ?? NOTHING;
    const difference =
      firstDifference(expected.history, seen) ??
      (isTold(trace, expected) ? eventDifference(expected.history, seen) : undefined);
    return {
      canary: subject.name,
      ids: expected.ids,
      ...(difference === undefined ? {} : { difference }),
      ...(seen.refusals.length === 0 ? {} : { refused: refusalText(seen) }),
    };
  });
}

const NOTHING: History = {
  steps: [],
  lastHooks: [],
  restedSeconds: 0,
  events: [],
  refusals: [],
};

/** Events name no canary, and a course that differs is told differently: it comes without them. */
function isTold(trace: Trace, { history }: Expectation): boolean {
  return subjectsOf(trace).length === 1 && history.events.length > 0;
}
