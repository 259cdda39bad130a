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

/** How much a run measures: everything, or just enough to see that it works. */
export type Size = 'full' | 'small';

export interface Bench {
  readonly name: string;
  run(size: Size): Promise<readonly Row[]>;
}

export const MIB = 1024 * 1024;

export async function timedMs(work: () => unknown): Promise<number> {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Between the two nearest values, as most tools do it. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [below = Number.NaN, above = below] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return below + (above - below) * (at - Math.floor(at));
}
