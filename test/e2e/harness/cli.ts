import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { ENGINE } from './control-plane.ts';
import { ROOT, STATE } from './surroundings.ts';

/** `serin …` as somebody types it in the engine's folder; answers what it prints. */
export function serin(...args: readonly string[]): Promise<string> {
  const cwd = join(STATE, 'engine');
  const env = {
    PATH: process.env['PATH'],
    HOME: cwd,
    XDG_CACHE_HOME: join(cwd, 'cache-cli'),
    KUBECONFIG: ENGINE,
  };
  return new Promise((resolve) => {
    const argv = [join(ROOT, 'build/engine/cli/bin.js'), ...args];
    execFile(process.execPath, argv, { cwd, env, timeout: 60_000 }, (_, out, err) =>
      resolve(out + err),
    );
  });
}
