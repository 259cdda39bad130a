import { toldEvent } from './events.ts';

/**
 * What one canary went through, whoever recorded it: its states in order, each with the hooks that
 * were asked on the way to it. States are compared, not moments: how long each lasts differs between
 * an engine that ticks and one that waits for its commits to be live.
 */
export interface State {
  readonly phase: string;
  /** `primary/canary` of each rule in order, as people read it. */
  readonly route: string;
  /** Everything the routing object asks for, in a form in which equal requests are equal texts. */
  readonly intent: string;
  readonly iterations: number;
  readonly failedChecks: number;
  /** `status.canaryWeight`. */
  readonly weight: number;
  /** What the primary runs. */
  readonly primary: string;
}

export interface Step extends State {
  /** Its place in the history it was taken from. */
  readonly origin: number;
  /** Hooks asked since the step before; a round that repeats itself stands once. */
  readonly hooks: readonly string[];
}

export interface History {
  readonly steps: readonly Step[];
  /** Hooks asked after the last step. */
  readonly lastHooks: readonly string[];
  /** How long the last step has lasted when nobody looked any more. */
  readonly restedSeconds: number;
  /** What was told of it; an event that repeats itself stands once. Empty: not to be compared. */
  readonly events: readonly string[];
  /** Why nothing was done for the canary; any one of the reasons where it is an expectation. */
  readonly refusals: readonly Refusal[];
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
}

const FIELDS = [
  'phase',
  'route',
  'intent',
  'iterations',
  'failedChecks',
  'weight',
  'primary',
] as const satisfies readonly (keyof State)[];

/** Phases of a run. */
export const RUNNING: ReadonlySet<string> = new Set([
  'Waiting',
  'Progressing',
  'WaitingPromotion',
  'Promoting',
  'Finalising',
]);

const END_PHASES: ReadonlySet<string> = new Set(['Succeeded', 'Failed']);

/** Collects steps; a state that is the same as the one before is none. */
export class HistoryWriter {
  readonly #steps: Step[] = [];
  #hooks: string[] = [];
  #hooksAfterEnd: string[] = [];
  readonly #events: string[] = [];
  #sinceSeconds = 0;

  /** A hook that is told of an end belongs after it, whichever of the two is seen first. */
  hook(name: string, phase: string): void {
    const isAhead = END_PHASES.has(phase) && this.last?.phase !== phase;
    const hooks = isAhead ? this.#hooksAfterEnd : this.#hooks;
    if (!hooks.includes(name)) hooks.push(name);
  }

  event(message: string): void {
    const told = toldEvent(message);
    // The parts come in an order of their own, and are told so.
    if (message.startsWith('Initialization done!')) this.#events.length = 0;
    if (told !== undefined && told !== this.#events.at(-1)) this.#events.push(told);
  }

  get last(): Step | undefined {
    return this.#steps.at(-1);
  }

  /** Hooks asked since the step under way began. */
  get hooks(): readonly string[] {
    return this.#hooks;
  }

  /** Index of the step under way. */
  get index(): number {
    return this.#steps.length - 1;
  }

  state(state: State, atSeconds: number): void {
    if (this.last !== undefined && differingFields(this.last, state).length === 0) return;
    this.#steps.push({ ...state, origin: this.#steps.length, hooks: this.#hooks });
    this.#hooks = [];
    this.#sinceSeconds = atSeconds;
    if (!END_PHASES.has(state.phase)) return;
    this.#hooks = this.#hooksAfterEnd;
    this.#hooksAfterEnd = [];
  }

  history(endSeconds: number, refusals: readonly Refusal[] = []): History {
    return {
      steps: [...this.#steps],
      lastHooks: [...this.#hooks],
      restedSeconds: endSeconds - this.#sinceSeconds,
      events: [...this.#events],
      refusals,
    };
  }
}

/** What Flagger never wrote cannot be compared. */
export const ANY_INTENT = '*';

export function differingFields(one: State, other: State): readonly (keyof State)[] {
  const isAnyIntent = one.intent === ANY_INTENT || other.intent === ANY_INTENT;
  return FIELDS.filter(
    (field) => one[field] !== other[field] && !(field === 'intent' && isAnyIntent),
  );
}

/** Steps that a change of them has made alike are one. */
export function withoutRepetitions(steps: readonly Step[]): readonly Step[] {
  return steps.filter((step, index) => {
    const before = steps[index - 1];
    return before === undefined || differingFields(before, step).length > 0;
  });
}

export function stateText({ phase, route, iterations, failedChecks, weight }: State): string {
  return [
    phase,
    ...(route === '' ? [] : [route]),
    ...(weight === 0 ? [] : [`weight ${weight}`]),
    ...(iterations === 0 ? [] : [`iterations ${iterations}`]),
    ...(failedChecks === 0 ? [] : [`failed checks ${failedChecks}`]),
  ].join(' ');
}
