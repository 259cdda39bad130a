import { fork } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AS_IN_ITS_CONTAINER } from './engine-memory.ts';
import { createFleet, createRestingFleet, FLEET_OPTIONS, INTERVAL_MS } from './fleet.ts';
import type { FleetRun } from './fleet-engine.ts';
import { type Bench, quantile, type Row, type Size, timedMs } from './measure.ts';
import { createRemote, git, inFolder, openDelivery } from './workplace.ts';

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
    const { run, peerMs } = await watchFleet(canaries, [seconds, breaches]);
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

/** The fleet is made here, so that the engine's process holds nothing but what engines hold. */
function watchFleet(canaries: number, numbers: readonly number[]) {
  return inFolder(async (folder) => {
    const nowMs = Date.now();
    const startedMs = (index: number) => nowMs + Math.floor((index / canaries) * INTERVAL_MS);
    const url = await createRemote(folder, createRestingFleet(canaries, FLEET_OPTIONS));
    const { delivery, tip: base = '' } = await openDelivery(url, join(folder, 'start'));
    const fleet = createFleet(canaries, { ...FLEET_OPTIONS, base, startedMs });
    const started = await delivery.publish([fleet.start], base);
    if (started.kind !== 'pushed') throw new Error(`the fleet did not start: ${started.kind}`);
    const ending = new AbortController();
    const peer = pushNowAndThen(join(folder, 'peer'), ending.signal);
    const run = await fleetRun([url, join(folder, 'clone'), canaries, ...numbers].map(String));
    ending.abort();
    return { run, peerMs: await peer };
  });
}

/** What one commit and its push take at the same time, on the same machine, without an engine. */
async function pushNowAndThen(folder: string, signal: AbortSignal): Promise<readonly number[]> {
  await mkdir(folder);
  await git(folder, ['init', '--bare', '--quiet', 'remote.git']);
  await git(folder, ['init', '--bare', '--quiet', 'clone.git']);
  const clone = join(folder, 'clone.git');
  const times: number[] = [];
  while (!signal.aborted) {
    const from = times.length === 0 ? '' : 'from refs/heads/main^0\n';
    const text = `commit refs/heads/main\ncommitter A <a@b> ${times.length} +0000\ndata 1\nx\n${from}M 100644 inline file\ndata <<.\n${times.length}\n.\n`;
    const durationMs = await timedMs(async () => {
      await git(clone, ['fast-import', '--quiet'], [text]);
      await git(clone, ['push', '--quiet', join(folder, 'remote.git'), 'refs/heads/main']);
    });
    times.push(durationMs);
    await sleep(PEER_PAUSE_MS);
  }
  return times;
}

const PEER_PAUSE_MS = 500;

/** The engine runs in a process of its own; what it prints last is the result. */
function fleetRun(args: readonly string[]): Promise<FleetRun> {
  const module = join(import.meta.dirname, `fleet-engine${import.meta.filename.slice(-3)}`);
  const child = fork(module, [...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    execArgv: [...process.execArgv, ...AS_IN_ITS_CONTAINER.args],
    env: { ...process.env, ...AS_IN_ITS_CONTAINER.env },
  });
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
