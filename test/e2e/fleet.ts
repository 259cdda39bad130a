/**
 * A whole fleet under one engine, everything real but the data plane and the metrics server:
 * `npm run e2e -- --fleet` prints the rows of docs/benchmarks.md.
 *   --canaries N      how many (1,000)
 *   --analysis KIND   `iterations` (a check is a commit of the record) or `weights` (and a route)
 *   --cell N          canaries that share a branch (10)
 *   --wave N          releases at the same time (a quarter)
 *   --breaches N      releases that go bad at once (30)
 *   --profile         the engine writes a CPU profile when it is stopped
 */
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { MIB, quantile } from '../../bench/measure.ts';
import { EngineMetrics } from './fleet/engine-metrics.ts';
import { watch, type Watched } from './fleet/measure.ts';
import { type Analysis, INTERVAL_MS, manifestsOf, type Member, members } from './fleet/members.ts';
import { rollbackTimes } from './fleet/pushes.ts';
import { Routes } from './fleet/routes.ts';
import { ENGINE_ADDRESS, startFleetWorld } from './fleet/world.ts';
import { until } from './harness/component.ts';
import { commitSource } from './harness/git.ts';
import { AGENT, STATE } from './harness/surroundings.ts';

const { values: options } = parseArgs({
  args: process.argv.slice(3),
  options: {
    canaries: { type: 'string', default: '1000' },
    analysis: { type: 'string', default: 'iterations' },
    cell: { type: 'string', default: '10' },
    wave: { type: 'string' },
    breaches: { type: 'string', default: '30' },
    profile: { type: 'boolean', default: false },
  },
});
const MINUTE_MS = 60_000;
/** After the last commit the agent is still busy with what it was given. */
const SETTLE_MS = 30_000;
const PATIENCE_MS = 30 * MINUTE_MS;
/** A release that went bad and is still live after this long counts as that long. */
const BREACH_MAX_MS = 5 * MINUTE_MS;
/** What the engine serves of a thousand canaries is large: asking is work for it. */
const LOOK_MS = 3_000;

const analysis: Analysis = options.analysis === 'weights' ? 'weights' : 'iterations';
const fleet = members(Number(options.canaries));
const waveSize = Number(options.wave ?? Math.ceil(fleet.length / 4));
const startedMs = Date.now();
const say = (line: string) => {
  const seconds = ((Date.now() - startedMs) / 1_000).toFixed(0).padStart(5);
  process.stderr.write(`${AGENT}: ${seconds} s  ${line}\n`);
};

const profile = ['--cpu-prof', `--cpu-prof-dir=${join(STATE, 'profile')}`];
const world = await startFleetWorld(fleet, Number(options.cell), options.profile ? profile : []);
const routes = new Routes().start();
say('the world is up');

commit(fleet, '1');
await world.engine.start();
const initializationMs = await progress('initialized', fleet.length, committed('initialized'));
await sleep(SETTLE_MS);
say('idle…');
const idle = await watch(world, MINUTE_MS);
say(figures(idle));

let released = 0;
const releasedFromMs = Date.now();
while (released < fleet.length) {
  const wave = fleet.slice(released, released + waveSize);
  commit(wave, '2');
  released += wave.length;
  await progress('analysed', released, async () =>
    (await EngineMetrics.read(ENGINE_ADDRESS)).count('flagger_canary_duration_seconds_count'),
  );
}
const releaseMs = Date.now() - releasedFromMs;
await sleep(SETTLE_MS);
say('all under analysis…');
const busy = await watch(world, MINUTE_MS);
say(figures(busy));

const breaches = Math.min(Number(options.breaches), fleet.length);
say(`${breaches} go bad…`);
const bad = Array.from(
  { length: breaches },
  (_, at) => fleet[Math.floor(((at + 0.5) / breaches) * fleet.length)],
).filter((member) => member !== undefined);
const switchedMs = Date.now();
for (const { key } of bad) world.metrics.fail(key);
const whileBad = watch(world, MINUTE_MS);
await sleep(INTERVAL_MS);
const isOver = () => bad.every(({ key }) => (routes.closedAtMs(key) ?? 0) > switchedMs);
await until('all routes are back', () => isOver(), BREACH_MAX_MS).catch((error: unknown) =>
  say(String(error)),
);
say(figures(await whileBad));
await world.engine.stop();
process.stdout.write(`${rows().join('\n')}\n`);
process.exit(0);

function commit(some: readonly Member[], version: string): void {
  const files = some.map((member) => manifestsOf(member, version, analysis));
  commitSource(Object.assign({}, ...files) as Record<string, string>, `version ${version}`);
}

function committed(decision: string): () => Promise<number> {
  return async () =>
    (await EngineMetrics.read(ENGINE_ADDRESS)).sum('serin_commits_total', { decision });
}

/** Waits until a count is reached, and says how it grows; how long it took. */
async function progress(
  what: string,
  wanted: number,
  count: () => Promise<number>,
): Promise<number> {
  const fromMs = Date.now();
  let said = fromMs;
  await until(
    `${wanted} ${what}`,
    async () => {
      const now = await count();
      if (now >= wanted || Date.now() - said > 10_000) {
        said = Date.now();
        say(`${now} of ${wanted} ${what}, load ${loadavg()[0]?.toFixed(1)}`);
      }
      return now >= wanted;
    },
    PATIENCE_MS,
    LOOK_MS,
  );
  return Date.now() - fromMs;
}

/** Everything that was seen, for people who look for what limits. */
function figures(seen: Watched): string {
  const seconds = [...seen.cpuMs].map(([name, ms]) => `${name} ${(ms / 1_000).toFixed(1)}`);
  const asked = [...seen.requests].map(([what, count]) => `${what} ${count}`);
  return [
    `${(seen.durationMs / 1_000).toFixed(1)} s, load ${loadavg()[0]?.toFixed(1)}`,
    `${seen.ticks} checks, ${quantiles(seen.gapsMs)} apart`,
    `${seen.commits} commits, ${seen.pushes} pushes, ${seen.passes} passes`,
    `requests: ${asked.join(', ')}`,
    `CPU s: ${seconds.join(', ')}`,
    `RSS MiB: ${mib(seen.rssBytes)} and helpers ${mib(seen.helpersRssBytes)}`,
  ].join('\n         ');
}

function rows(): readonly string[] {
  const row = (what: string, measured: string, aim = '–') =>
    `| ${AGENT} | ${fleet.length} | ${options.cell} | ${what} | ${measured} | ${aim} |`;
  const perMinute = (count: number, { durationMs }: Watched) =>
    ((count * MINUTE_MS) / durationMs).toFixed(0);
  const cpu = (seen: Watched) => perMinute((seen.cpuMs.get('engine') ?? 0) / 1_000, seen);
  const due = (fleet.length * MINUTE_MS) / INTERVAL_MS;
  return [
    row('from nothing to all initialized', `${(initializationMs / 1_000).toFixed(0)} s`),
    row('idle: API requests a minute', perMinute(requestsOf(idle), idle), '<= 60'),
    row('idle: CPU seconds a minute', cpu(idle), '<= 5'),
    row('idle: resident memory', `${mib(idle.rssBytes)} MiB`, '<= 200 MiB'),
    row('from the first release to all under analysis', `${(releaseMs / 1_000).toFixed(0)} s`),
    row(
      'analysis: checks a minute',
      `${perMinute(busy.ticks, busy)} of ${due}`,
      `>= ${Math.ceil(0.99 * due)}`,
    ),
    row('analysis: from one check to the next, median and p99', quantiles(busy.gapsMs)),
    row('analysis: API requests a minute', perMinute(requestsOf(busy), busy), '<= 60 and changes'),
    row('analysis: CPU seconds a minute', cpu(busy)),
    row('analysis: resident memory', `${mib(busy.rssBytes)} MiB`, '<= 200 MiB'),
    ...breachRows(row),
  ];
}

function breachRows(row: (what: string, measured: string, aim?: string) => string) {
  const pushed = rollbackTimes();
  const since = (
    from: (key: string) => number | undefined,
    to: (key: string) => number | undefined,
  ) => bad.map(({ key }) => Math.min(BREACH_MAX_MS, (to(key) ?? Infinity) - (from(key) ?? 0)));
  const sample = (key: string) => world.metrics.failedAtMs.get(key);
  const live = (key: string) => routes.closedAtMs(key);
  const line = (what: string, times: readonly number[], aim?: string) => {
    return row(`${bad.length} breaches: ${what}, median and p99`, quantiles(times), aim);
  };
  return [
    line(
      'failing sample → revert pushed',
      since(sample, (key) => pushed.get(key)),
    ),
    line('failing sample → live at 100/0', since(sample, live), '< 2.5 s, < 5 s'),
    line(
      'failing from then on → live at 100/0',
      since(() => switchedMs, live),
    ),
  ];
}

function requestsOf({ requests }: Watched): number {
  return [...requests.values()].reduce((sum, count) => sum + count, 0);
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(0);
}

function quantiles(timesMs: readonly number[]): string {
  const at = (share: number) => (quantile(timesMs, share) / 1_000).toFixed(2);
  return `${at(0.5)} s, ${at(0.99)} s`;
}
