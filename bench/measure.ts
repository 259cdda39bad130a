/** One line of the table: figures of one run, and their ratio to a limit or a peer. */
export interface Row {
  readonly bench: string;
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  /** What the same work costs without us, or the limit we set ourselves. */
  readonly reference: number;
  readonly referenceName: string;
  readonly ratio: number;
  readonly aim: string;
}

export interface Bench {
  readonly name: string;
  run(): Promise<readonly Row[]>;
}

export async function timedMs(work: () => unknown): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
