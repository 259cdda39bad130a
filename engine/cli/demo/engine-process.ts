import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../../adapters/git/create-git.ts';

const IS_SOURCE = import.meta.url.endsWith('.ts');
const BIN = fileURLToPath(new URL(IS_SOURCE ? '../bin.ts' : '../bin.js', import.meta.url));
const LOADER = IS_SOURCE ? ['--import', 'tsx'] : [];
const RESTART_MS = 500;

export interface EngineProcess {
  stop(): Promise<void>;
}

/**
 * The engine in a process of its own, started again whenever it dies, as a cluster would do. Its
 * process id stands in `engine.pid`: try `kill -9`.
 */
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
    writeFileSync(join(dir, 'engine.pid'), `${child.pid}\n`);
    child.on('exit', () => {
      if (!stopping) setTimeout(start, RESTART_MS);
    });
  };
  start();
  return {
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
