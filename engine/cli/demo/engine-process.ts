import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../../adapters/git/create-git.ts';

const IS_SOURCE = import.meta.url.endsWith('.ts');
const BIN = fileURLToPath(new URL(IS_SOURCE ? '../bin.ts' : '../bin.js', import.meta.url));
const RESTART_MS = 500;
/** An engine that ends sooner than this, this often in a row, will not start at all. */
const QUICK_END_MS = 3_000;
const QUICK_ENDS_MAX = 5;

export interface EngineProcess {
  /** It ends again and again as soon as it was started. */
  readonly isBroken: boolean;
  stop(): Promise<void>;
}

/**
 * The engine in a process of its own, started again whenever it dies, as a cluster would do. Its
 * process id stands in `engine.pid`: try `kill -9`.
 */
export function startEngineProcess(dir: string, env: Environment): EngineProcess {
  let child: ChildProcess | undefined;
  let stopping = false;
  let quickEnds = 0;
  const start = () => {
    const log = openSync(join(dir, 'engine.log'), 'a');
    const startedMs = performance.now();
    const args = [...process.execArgv, BIN, 'run', '--config', join(dir, 'serin.yaml')];
    child = spawn(process.execPath, args, {
      env: { ...env, XDG_CACHE_HOME: join(dir, 'cache') },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    writeFileSync(join(dir, 'engine.pid'), `${child.pid}\n`);
    child.on('exit', () => {
      quickEnds = performance.now() - startedMs < QUICK_END_MS ? quickEnds + 1 : 0;
      if (!stopping) setTimeout(start, RESTART_MS);
    });
  };
  start();
  return {
    get isBroken() {
      return quickEnds >= QUICK_ENDS_MAX;
    },
    stop() {
      stopping = true;
      return new Promise((resolve) => {
        if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
          resolve();
          return;
        }
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      });
    },
  };
}
