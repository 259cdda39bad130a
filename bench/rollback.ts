import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { FleetRun } from './fleet-engine.ts';
import { type Bench, quantile, type Row, type Size } from './measure.ts';

const RUNS: Readonly<Record<Size, { canaries: number; seconds: number; breaches: number }>> = {
  full: { canaries: 1_000, seconds: 120, breaches: 60 },
  small: { canaries: 20, seconds: 10, breaches: 3 },
};

const P99_LIMIT_MS = 500;
const RSS_LIMIT_MIB = 200;
const MIB = 1024 * 1024;

/**
 * How long a bad release lasts once it is seen, while the engine looks after a whole fleet: from the
 * failing sample to the revert on the remote. And what the engine needs for it.
 */
export const rollbackBench: Bench = {
  name: 'rollback',
  async run(size) {
    const { canaries, seconds, breaches } = RUNS[size];
    const run = await fleetRun([canaries, seconds, breaches]);
    const fleet = `${canaries.toLocaleString('en')} canaries under analysis, checked every 10 s`;
    const limit = { bench: 'rollback', referenceName: 'limit' };
    const p99Ms = quantile(run.revertsMs, 0.99);
    const onTime = (100 * run.evaluations) / run.expectedEvaluations;
    const rssMib = run.rssBytes / MIB;
    const rows: readonly Row[] = [
      {
        ...limit,
        what: `${fleet}: failing sample to revert pushed, p99 of ${run.revertsMs.length}`,
        unit: 'ms',
        ours: p99Ms,
        reference: P99_LIMIT_MS,
        ratio: p99Ms / P99_LIMIT_MS,
        aim: '<= 1',
      },
      {
        ...limit,
        what: `${fleet}: the same, median`,
        unit: 'ms',
        ours: quantile(run.revertsMs, 0.5),
        reference: P99_LIMIT_MS,
        ratio: quantile(run.revertsMs, 0.5) / P99_LIMIT_MS,
        aim: '–',
      },
      {
        ...limit,
        what: `${fleet}: checks made`,
        unit: '% of those due',
        ours: onTime,
        reference: 99,
        ratio: onTime / 99,
        aim: '>= 1',
      },
      {
        ...limit,
        what: `${fleet}: resident memory of the engine with its world`,
        unit: 'MiB',
        ours: rssMib,
        reference: RSS_LIMIT_MIB,
        ratio: rssMib / RSS_LIMIT_MIB,
        aim: '<= 1',
      },
    ];
    return rows;
  },
};

/** The engine runs in a process of its own; what it prints last is the result. */
function fleetRun(args: readonly number[]): Promise<FleetRun> {
  const module = join(import.meta.dirname, `fleet-engine${import.meta.filename.slice(-3)}`);
  const child = fork(module, args.map(String), { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  let out = '';
  child.stdout?.on('data', (chunk) => (out += String(chunk)));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(out) as FleetRun);
      else reject(new Error(`the fleet's engine ended with ${code}`));
    });
  });
}
