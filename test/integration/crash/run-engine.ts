import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageFile } from '../../../engine/cli/package-file.ts';
import { GIT_ENV } from '../../support/git-sandbox.ts';

export interface EngineRun {
  readonly url: string;
  readonly cacheFolder: string;
  readonly passes: number;
  /** It kills itself there. */
  readonly boundary?: number;
  /** It is killed from outside so long after it has begun to work. */
  readonly afterMs?: number;
  /** Where its programs are found. */
  readonly path?: string;
  /** What dies: the engine, or all programs it has started as well. */
  readonly reach?: 'engine' | 'everything';
}

export interface EngineEnd {
  readonly isKilled: boolean;
  /** Where it killed itself. */
  readonly at: string | undefined;
  /** Boundaries it crossed, where it came to its end. */
  readonly crossed: number | undefined;
}

/** Compiled, where `npm run crash` has done so: it starts five times as fast. */
const COMPILED = packageFile('build', 'test', 'integration', 'crash', 'engine-child.js');
const WRITTEN = join(import.meta.dirname, 'engine-child.ts');
const FULL = process.env['SERIN_FULL'] === '1';
const CHILD = FULL && existsSync(COMPILED) ? [COMPILED] : ['--import', 'tsx', WRITTEN];

/** One engine process from its start to its end, and to that of everything it has started. */
export async function runEngine(run: EngineRun): Promise<EngineEnd> {
  const { url, cacheFolder, passes, boundary = 0, afterMs, reach = 'engine', path } = run;
  const args = [...CHILD, url, cacheFolder, String(passes), String(boundary)];
  const programsAt = path === undefined ? {} : { PATH: path };
  const env = {
    ...GIT_ENV,
    ...programsAt,
    NODE_COMPILE_CACHE: packageFile('node_modules', '.cache', 'crash'),
  };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const programs: number[] = [];
  let [rest, errors] = ['', ''];
  let timer: NodeJS.Timeout | undefined;
  child.stdout.on('data', (chunk) => {
    const parts = (rest + String(chunk)).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    programs.push(...parts.flatMap((line) => /^started (\d+)$/.exec(line)?.[1] ?? []).map(Number));
    if (afterMs !== undefined) timer ??= setTimeout(() => child.kill('SIGKILL'), afterMs);
  });
  child.stderr.on('data', (chunk) => (errors += String(chunk)));
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  if (signal !== null && reach === 'everything') programs.forEach(killGroup);
  if (signal === null && code !== 0) throw new Error(`the engine ended with ${code}: ${errors}`);
  await Promise.all(programs.map(ended));
  const said = (word: string) =>
    lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1);
  const crossed = said('done');
  return {
    isKilled: signal !== null,
    at: said('dying'),
    crossed: crossed === undefined ? undefined : Number(crossed),
  };
}

/** A program leads a group of its own, or has none. */
function killGroup(pid: number): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

async function ended(pid: number): Promise<void> {
  for (let waits = 0; isAlive(pid); waits += 1) {
    if (waits > 3_000) throw new Error(`program ${pid} does not end`);
    await sleep(10);
  }
}

/** Nobody may have fetched the result of one whose parent is dead: it counts as ended. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return !existsSync('/proc');
  }
}
