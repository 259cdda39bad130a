import { AFFINITY } from './differences/affinity.ts';
import { CONFIGS } from './differences/configs.ts';
import { REFUSALS } from './differences/refusals.ts';
import { RESTARTS } from './differences/restarts.ts';
import { ROUTING } from './differences/routing.ts';
import { RUNS } from './differences/runs.ts';
import { STATUS } from './differences/status.ts';
import { TARGETS } from './differences/targets.ts';
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
  ...TARGETS,
  ...CONFIGS,
  ...ROUTING,
  ...AFFINITY,
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

/** Where a step of the recording, or the last one before it that is left, stands now. */
function placeOf(at: number, { steps }: History): number {
  const same = steps.findIndex(({ origin }) => origin === at);
  return same < 0 ? steps.findLastIndex(({ origin }) => origin < at) : same;
}

/** What Serin has to do where Flagger did what was recorded. */
export function expectationOf(trace: Trace, subject: Subject): Expectation {
  const recorded = recordedHistory(trace, subject);
  let recording = recorded;
  const ids: string[] = [];
  for (const difference of DIFFERENCES) {
    const history = difference.expect({ trace, subject, recording });
    if (history === undefined) continue;
    const acts = recorded.acts.map((at) => placeOf(at, history));
    recording = { ...recording, ...history, acts };
    ids.push(difference.id);
    if (history.refusals.length > 0) break;
  }
  return { history: { ...recording, steps: withoutRepetitions(recording.steps) }, ids };
}
