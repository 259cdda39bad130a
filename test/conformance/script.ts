import { differingFields, type State } from './history.ts';
import type { Trace, TraceAction, TraceCondition } from './trace.ts';

export interface Status {
  readonly phase: string;
  readonly weight: number;
}

/** What a run had come to. */
export interface Moment {
  readonly state: State;
  /** How often each hook had been called by then. */
  readonly calls: ReadonlyMap<string, number>;
  /** Those among them that were since the state came. */
  readonly hooks: readonly string[];
}

/** A run that has not come to the moment of an action by then has gone another way. */
const LATE_MS = 60_000;

/**
 * The actions of a recording's users, each when everything it waits for holds at once: the phase,
 * the weight, a word of the engine since the action before, and a time since then. What was done in
 * mid-run after some seconds is done at the same step instead: steps do not take the same time.
 */
export class Script {
  readonly #actions: readonly TraceAction[];
  readonly #until: TraceCondition;
  readonly #settleMs: number;
  readonly #moments: readonly (Moment | undefined)[];
  #next = 0;
  #lastMs: number | undefined;
  #endedMs: number | undefined;
  #saidBefore = 0;

  /**
   * @param settleSeconds how long the recording went on after its end
   * @param moments for each action what the run under way had come to in the recording, if any was
   */
  constructor(
    { actions, until }: Trace['script'],
    settleSeconds: number,
    moments: readonly (Moment | undefined)[] = [],
  ) {
    this.#actions = actions;
    this.#until = until;
    this.#settleMs = settleSeconds * 1_000;
    this.#moments = moments;
  }

  /** The action to be done now, or the end. */
  due(
    status: Status,
    said: readonly string[],
    nowMs: number,
    moment?: Moment,
  ): TraceAction | 'end' | undefined {
    this.#lastMs ??= nowMs;
    const action = this.#actions[this.#next];
    const condition = action?.when ?? this.#until;
    const holds =
      this.#isLate(condition, nowMs) ||
      (this.#isTime(condition, nowMs, moment) && this.#holds(condition, status, said));
    if (action === undefined) {
      if (holds) this.#endedMs ??= nowMs;
      return nowMs >= (this.#endedMs ?? Infinity) + this.#settleMs ? 'end' : undefined;
    }
    if (!holds) return undefined;
    this.#next += 1;
    this.#lastMs = nowMs;
    this.#saidBefore = said.length;
    return action;
  }

  /** When to look again, if nothing else happens. */
  nextMs(): number | undefined {
    if (this.#endedMs !== undefined) return this.#endedMs + this.#settleMs;
    const dueMs = this.#dueMs(this.#actions[this.#next]?.when ?? this.#until);
    return Number.isFinite(dueMs) ? dueMs : undefined;
  }

  #isTime(condition: TraceCondition, nowMs: number, moment: Moment | undefined): boolean {
    const recorded = this.#moments[this.#next];
    if (condition.after === undefined || recorded === undefined) {
      return nowMs >= this.#dueMs(condition);
    }
    return (
      moment !== undefined &&
      total(moment.calls) >= total(recorded.calls) &&
      isSamePlace(moment.state, recorded.state)
    );
  }

  #isLate(condition: TraceCondition, nowMs: number): boolean {
    const recorded = this.#moments[this.#next];
    return recorded !== undefined && nowMs >= this.#dueMs(condition) + LATE_MS;
  }

  #dueMs({ after = 0 }: TraceCondition): number {
    return (this.#lastMs ?? Infinity) + after * 1_000;
  }

  #holds(condition: TraceCondition, status: Status, said: readonly string[]): boolean {
    const { log } = condition;
    return (
      matches(condition, status) &&
      (log === undefined || said.slice(this.#saidBefore).some((text) => text.includes(log)))
    );
  }
}

/** The same step, whatever the status makes of it. */
function isSamePlace(one: State, other: State): boolean {
  const isCounted = one.phase !== 'WaitingPromotion';
  return differingFields(one, other).every(
    (field) => field === 'weight' || field === 'primary' || (field === 'iterations' && !isCounted),
  );
}

function total(calls: ReadonlyMap<string, number>): number {
  return [...calls.values()].reduce((sum, count) => sum + count, 0);
}

export function matches({ phase, weight }: TraceCondition, status: Status): boolean {
  const phases = typeof phase === 'string' ? [phase] : phase;
  return (
    (phases === undefined || phases.includes(status.phase)) &&
    (weight === undefined || weight === status.weight)
  );
}
