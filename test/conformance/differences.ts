import { REFUSALS } from './differences/refusals.ts';
import { RESTARTS } from './differences/restarts.ts';
import { RUNS } from './differences/runs.ts';
import { STATUS } from './differences/status.ts';
import { WORLD } from './differences/world.ts';
import { type History, withoutRepetitions } from './history.ts';
import { type Recording, recordedHistory, type Subject } from './recorded.ts';
import type { Trace } from './trace.ts';

export interface Facts {
  readonly trace: Trace;
  readonly subject: Subject;
  readonly recording: Recording;
}

/**
 * A way in which Serin differs from Flagger on purpose: by what the trace was given, or by what was
 * seen in it, and with what Serin does instead, step by step. Its row in
 * `docs/flagger-compatibility.md` says why.
 */
export interface Difference {
  readonly id: string;
  /** The recording as it must be with Serin; nothing where the difference has no part in it. */
  expect(facts: Facts): History | undefined;
}

export const DIFFERENCES: readonly Difference[] = [
  ...REFUSALS,
  ...WORLD,
  ...RUNS,
  ...RESTARTS,
  ...STATUS,
];

export interface Expectation {
  readonly history: History;
  /** The differences it takes. */
  readonly ids: readonly string[];
}

/** What Serin has to do where Flagger did what was recorded. */
export function expectationOf(trace: Trace, subject: Subject): Expectation {
  let recording = recordedHistory(trace, subject);
  const ids: string[] = [];
  for (const difference of DIFFERENCES) {
    const history = difference.expect({ trace, subject, recording });
    if (history === undefined) continue;
    recording = { ...recording, ...history };
    ids.push(difference.id);
    if (history.refusals.length > 0) break;
  }
  return { history: { ...recording, steps: withoutRepetitions(recording.steps) }, ids };
}
