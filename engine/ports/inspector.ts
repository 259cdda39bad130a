/** Looks at a part of the engine's surroundings before anything depends on it. */
export interface Inspector {
  /** Trouble is a finding, never an exception. */
  inspect(): Promise<readonly Finding[]>;
}

/** One fact about the surroundings, good or bad. */
export type Finding = {
  /** What was looked at: `delivery`, `source`, `signing`, `cluster`, `metrics`, … */
  readonly part: string;
  /** What was asked of it: `reachable`, `write`, `clock`, … */
  readonly check: string;
  readonly message: string;
} & (
  | { readonly status: 'ok' }
  /** A warning is for a person to know, a failure for a person to mend: nothing works before. */
  | { readonly status: 'warning' | 'failure'; readonly remedy: string }
);
