import { AS_IN_ITS_CONTAINER } from './engine-memory.ts';
import type { FleetRun } from './fleet-engine.ts';
import { type Bench, MIB, quantile, type Row, type Size } from './measure.ts';
import { type Watch, watchFleet } from './watched-fleet.ts';

/** Ten times the canaries need more than the default container gives: that is one of the limits. */
const HEAP_MIB = 1_024;

const NODE = {
  // Of two limits Node takes the last.
  args: [...AS_IN_ITS_CONTAINER.args, `--max-old-space-size=${HEAP_MIB}`],
  env: AS_IN_ITS_CONTAINER.env,
};
const SECOND_MS = 1_000;
const RUNS: Readonly<Record<Size, readonly Watch[]>> = {
  full: [
    { canaries: 10_000, intervalMs: 10 * SECOND_MS, seconds: 120, breaches: 30, node: NODE },
    { canaries: 10_000, intervalMs: 60 * SECOND_MS, seconds: 120, breaches: 30, node: NODE },
  ],
  small: [{ canaries: 40, intervalMs: 10 * SECOND_MS, seconds: 20, breaches: 3, node: NODE }],
};

/** How far one engine goes: with more canaries than it can check so often, and as often as most are. */
export const limitsBench: Bench = {
  name: 'limits',
  async run(size) {
    const rows: Row[] = [];
    for (const watch of RUNS[size]) {
      const { run } = await watchFleet(watch);
      rows.push(...rowsOf(watch, run));
    }
    return rows;
  },
};

function rowsOf({ canaries, intervalMs }: Watch, run: FleetRun): readonly Row[] {
  const every = intervalMs / SECOND_MS;
  const fleet = `${canaries.toLocaleString('en')} canaries under analysis, checked every ${every} s`;
  const minutes = run.durationMs / 60_000;
  const dueAMinute = canaries * (60 / every);
  const row = (what: string, unit: string, ours: number, reference: number, name: string) => ({
    bench: 'limits',
    what: `${fleet}: ${what}`,
    unit,
    ours,
    reference,
    referenceName: name,
    ratio: ours / reference,
    aim: '–',
  });
  const { evaluations, onTime, cpuMs, revertsMs, rssBytes } = run;
  const available = 60_000 / dueAMinute;
  return [
    row('checks a minute', 'checks', evaluations / minutes, dueAMinute, 'all that are due'),
    row('of these, late by a second at the most', '%', (100 * onTime) / evaluations, 100, 'all'),
    row("the engine's processor time for one", 'ms', cpuMs / evaluations, available, 'one core'),
    row(
      `failing sample to revert pushed, median of ${revertsMs.length}`,
      'ms',
      quantile(revertsMs, 0.5),
      500,
      'limit',
    ),
    row('resident memory of the engine', 'MiB', rssBytes / MIB, HEAP_MIB, 'its heap limit'),
  ];
}
