/** The only source of time. */
export interface Clock {
  nowMs(): number;
  /** Resolves after `durationMs`, or early when the signal aborts. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** The only source of chance: uniform in [0, 1). */
export interface Random {
  next(): number;
}
