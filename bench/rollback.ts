import { AS_IN_ITS_CONTAINER } from './engine-memory.ts';
import { type Bench, MIB, quantile, type Row, type Size } from './measure.ts';
import { type Watch, watchFleet } from './watched-fleet.ts';

const COMMON = { intervalMs: 10_000, node: AS_IN_ITS_CONTAINER };
const RUNS: Readonly<Record<Size, Watch>> = {
  full: { ...COMMON, canaries: 1_000, seconds: 120, breaches: 60 },
  small: { ...COMMON, canaries: 20, seconds: 10, breaches: 3 },
};

const P99_LIMIT_MS = 500;
const RSS_LIMIT_MIB = 200;

/**
 * How long a bad release lasts once it is seen, while the engine looks after a whole fleet: from the
 * failing sample to the revert on the remote. And what the engine needs for it.
 */
export const rollbackBench: Bench = {
  name: 'rollback',
  async run(size) {
    const { canaries } = RUNS[size];
    const { run, peerMs } = await watchFleet(RUNS[size]);
    const fleet = `${canaries.toLocaleString('en')} canaries under analysis, checked every 10 s`;
    const limit = { bench: 'rollback', referenceName: 'limit' };
    const p99Ms = quantile(run.revertsMs, 0.99);
    const onTime = (100 * run.onTime) / run.evaluations;
    const perMinute = Math.round((60_000 * run.evaluations) / run.durationMs);
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
        what: `${fleet}: the same`,
        unit: 'ms',
        ours: p99Ms,
        reference: quantile(peerMs, 0.99),
        referenceName: 'one commit by git fast-import and git push beside it, p99',
        ratio: p99Ms / quantile(peerMs, 0.99),
        aim: '–',
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
        what: `${fleet}: late by a second at the most, of ${perMinute} checks a minute`,
        unit: '%',
        ours: onTime,
        reference: 99,
        ratio: onTime / 99,
        aim: '>= 1',
      },
      {
        ...limit,
        what: `${fleet}: resident memory of the engine`,
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
