import type { TraceAction, TraceCondition } from './trace.ts';

interface Status {
  readonly phase: string;
  readonly weight: number;
}

/**
 * The actions of a recording's users, each when its conditions hold: the phase, the weight, a word
 * of the engine, and a time after all that and after the action before.
 */
export class Script {
  readonly #actions: readonly TraceAction[];
  readonly #until: TraceCondition;
  #next = 0;
  /** Since when the conditions of the next action have held. */
  #metMs: number | undefined;
  #saidBefore = 0;

  /** Recordings went on for a while after their end, which shows what did not happen any more. */
  constructor(actions: readonly TraceAction[], until: TraceCondition, restedSeconds: number) {
    this.#actions = actions;
    this.#until = { ...until, after: Math.max(until.after ?? 0, restedSeconds) };
  }

  /** The action to be done now, or the end. */
  due(status: Status, said: readonly string[], nowMs: number): TraceAction | 'end' | undefined {
    const action = this.#actions[this.#next];
    const condition = action?.when ?? this.#until;
    if (this.#metMs === undefined && this.#holds(condition, status, said)) this.#metMs = nowMs;
    if (this.#metMs === undefined || nowMs < this.#metMs + afterMs(condition)) return undefined;
    if (action === undefined) return 'end';
    this.#next += 1;
    this.#metMs = undefined;
    this.#saidBefore = said.length;
    return action;
  }

  nextMs(): number | undefined {
    const condition = this.#actions[this.#next]?.when ?? this.#until;
    return this.#metMs === undefined ? undefined : this.#metMs + afterMs(condition);
  }

  #holds({ phase, weight, log }: TraceCondition, status: Status, said: readonly string[]): boolean {
    const phases = typeof phase === 'string' ? [phase] : phase;
    return (
      (phases === undefined || phases.includes(status.phase)) &&
      (weight === undefined || weight === status.weight) &&
      (log === undefined || said.slice(this.#saidBefore).some((text) => text.includes(log)))
    );
  }
}

function afterMs({ after = 0 }: TraceCondition): number {
  return after * 1_000;
}
