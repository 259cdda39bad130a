import { setTimeout as sleep } from 'node:timers/promises';
import { auditPosition, requestsSince } from './api-requests.ts';
import { EngineMetrics } from './engine-metrics.ts';
import { gapsMs } from './pushes.ts';
import { type Usage, usageOf } from './usage.ts';
import { componentsOf, ENGINE_ADDRESS, type FleetWorld } from './world.ts';

/** What happened while a fleet was watched. */
export interface Watched {
  readonly durationMs: number;
  /** Checks that were made, and written into Git. */
  readonly ticks: number;
  /** From one of a canary's commits to its next. */
  readonly gapsMs: readonly number[];
  readonly commits: number;
  readonly pushes: number;
  readonly passes: number;
  /** Of the engine, by verb and resource. */
  readonly requests: ReadonlyMap<string, number>;
  /** Processor time by component. */
  readonly cpuMs: ReadonlyMap<string, number>;
  /** Of the engine, the most that was seen. */
  readonly rssBytes: number;
  readonly helpersRssBytes: number;
}

const SAMPLE_MS = 2_000;
/** What a check in the middle of a rollout can lead to. */
const OUTCOMES = ['advance', 'check-failed', 'promote'];

export async function watch(world: FleetWorld, durationMs: number): Promise<Watched> {
  const startMs = Date.now();
  const position = auditPosition();
  const [before, cpuBefore] = [await EngineMetrics.read(ENGINE_ADDRESS), cpuOf(world)];
  const samples: Usage[] = [];
  while (Date.now() - startMs < durationMs) {
    await sleep(Math.min(SAMPLE_MS, durationMs - (Date.now() - startMs)));
    samples.push(usageOf(world.engine.pid));
  }
  const [after, cpuAfter] = [await EngineMetrics.read(ENGINE_ADDRESS), cpuOf(world)];
  const added = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    after.sum(name, labels) - before.sum(name, labels);
  const made = OUTCOMES.map((decision) => added('serin_commits_total', { decision }));
  return {
    durationMs: Date.now() - startMs,
    ticks: made.reduce((sum, count) => sum + count, 0),
    gapsMs: gapsMs(startMs, Date.now()),
    commits: added('serin_commits_total'),
    pushes: added('serin_pushes_total'),
    passes: added('serin_pass_duration_seconds_count'),
    requests: requestsSince(position),
    cpuMs: new Map([...cpuAfter].map(([name, ms]) => [name, ms - (cpuBefore.get(name) ?? 0)])),
    rssBytes: Math.max(...samples.map(({ rssBytes }) => rssBytes)),
    helpersRssBytes: Math.max(...samples.map(({ helpersRssBytes }) => helpersRssBytes)),
  };
}

function cpuOf(world: FleetWorld): ReadonlyMap<string, number> {
  const components = componentsOf(world).map(
    ([name, { pid }]) => [name, usageOf(pid).cpuMs] as const,
  );
  const { user, system } = process.cpuUsage();
  return new Map([...components, ['this program', (user + system) / 1_000]]);
}
