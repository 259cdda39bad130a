import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../../adapters/git/create-git.ts';

const IS_SOURCE = import.meta.url.endsWith('.ts');
const BIN = fileURLToPath(new URL(IS_SOURCE ? '../bin.ts' : '../bin.js', import.meta.url));
const LOADER = IS_SOURCE ? ['--import', 'tsx'] : [];
const RESTART_MS = 500;

/** The engine in a process of its own, started again whenever it dies, as a cluster would. */
export interface EngineProcess {
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

export function startEngineProcess(dir: string, env: Environment): EngineProcess {
  let child: ChildProcess | undefined;
  let stopping = false;
  const start = () => {
    const log = openSync(join(dir, 'engine.log'), 'a');
    child = spawn(process.execPath, [...LOADER, BIN, 'run', '--config', join(dir, 'serin.yaml')], {
      env: { ...env, XDG_CACHE_HOME: join(dir, 'cache') },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    child.on('exit', () => {
      if (!stopping) setTimeout(start, RESTART_MS);
    });
  };
  start();
  return {
    get pid() {
      return child?.pid;
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
