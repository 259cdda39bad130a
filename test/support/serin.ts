import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { GIT_ENV } from './git-sandbox.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface CommandResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line as a user would, in a folder. */
export function serin(cwd: string, ...args: readonly string[]): Promise<CommandResult> {
  return serinWith({}, cwd, ...args);
}

/** The same, in an environment that differs. */
export function serinWith(
  differing: Readonly<Record<string, string>>,
  cwd: string,
  ...args: readonly string[]
): Promise<CommandResult> {
  const loader = join(ROOT, 'node_modules/tsx/dist/loader.mjs');
  const argv = ['--import', loader, join(ROOT, 'engine/cli/bin.ts'), ...args];
  const env = { ...GIT_ENV, XDG_CACHE_HOME: join(cwd, '.cache'), NO_COLOR: '1', ...differing };
  return new Promise((resolve) => {
    execFile(process.execPath, argv, { cwd, env, timeout: 170_000 }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, out, err });
    });
  });
}
