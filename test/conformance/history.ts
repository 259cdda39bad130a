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
  /** Hooks asked since the step before; a round that repeats itself stands once. */
  readonly hooks: readonly string[];
}

export interface History {
  readonly steps: readonly Step[];
  /** Hooks asked after the last step. */
  readonly lastHooks: readonly string[];
  /** How long the last step has lasted when nobody looked any more. */
  readonly restedSeconds: number;
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

/** Collects steps; a state that is the same as the one before is none. */
export class HistoryWriter {
  readonly #steps: Step[] = [];
  #hooks: string[] = [];
  #sinceSeconds = 0;

  hook(name: string): void {
    if (!this.#hooks.includes(name)) this.#hooks.push(name);
  }

  get last(): Step | undefined {
    return this.#steps.at(-1);
  }

  /** Index of the step under way. */
  get index(): number {
    return this.#steps.length - 1;
  }

  state(state: State, atSeconds: number): void {
    if (this.last !== undefined && differingFields(this.last, state).length === 0) return;
    this.#steps.push({ ...state, hooks: this.#hooks });
    this.#hooks = [];
    this.#sinceSeconds = atSeconds;
  }

  history(endSeconds: number, refusals: readonly Refusal[] = []): History {
    return {
      steps: [...this.#steps],
      lastHooks: [...this.#hooks],
      restedSeconds: endSeconds - this.#sinceSeconds,
      refusals,
    };
  }
}

export function differingFields(one: State, other: State): readonly (keyof State)[] {
  return FIELDS.filter((field) => one[field] !== other[field]);
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
