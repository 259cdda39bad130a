import { fork } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFleet, createRestingFleet, watchedFleet } from './fleet.ts';
import type { FleetRun } from './fleet-engine.ts';
import { timedMs } from './measure.ts';
import { createRemote, git, inFolder, openDelivery } from './workplace.ts';

/** An engine that looks after a fleet, and how it is started. */
export interface Watch {
  readonly canaries: number;
  /** Between two checks of one canary. */
  readonly intervalMs: number;
  readonly seconds: number;
  /** Releases that go bad meanwhile, evenly spread. */
  readonly breaches: number;
  readonly node: {
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  };
}

/** The fleet is made here, so that the engine's process holds nothing but what engines hold. */
export function watchFleet(watch: Watch) {
  const { canaries, intervalMs, seconds, breaches } = watch;
  return inFolder(async (folder) => {
    const nowMs = Date.now();
    const startedMs = (index: number) => nowMs + Math.floor((index / canaries) * intervalMs);
    const options = watchedFleet(intervalMs);
    const url = await createRemote(folder, createRestingFleet(canaries, options));
    const { delivery, tip: base = '' } = await openDelivery(url, join(folder, 'start'));
    const fleet = createFleet(canaries, { ...options, base, startedMs });
    const started = await delivery.publish([fleet.start], base);
    if (started.kind !== 'pushed') throw new Error(`the fleet did not start: ${started.kind}`);
    const ending = new AbortController();
    const peer = pushNowAndThen(join(folder, 'peer'), ending.signal);
    const numbers = [canaries, intervalMs, seconds, breaches].map(String);
    const run = await fleetRun([url, join(folder, 'clone'), ...numbers], watch.node);
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
function fleetRun(args: readonly string[], node: Watch['node']): Promise<FleetRun> {
  const module = join(import.meta.dirname, `fleet-engine${import.meta.filename.slice(-3)}`);
  const child = fork(module, [...args], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    execArgv: [...process.execArgv, ...node.args],
    env: { ...process.env, ...node.env },
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
