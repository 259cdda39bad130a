import { BareClone } from '../../engine/adapters/git/bare-clone.ts';
import type { Git } from '../../engine/adapters/git/create-git.ts';
import { runPass } from '../../engine/controller/pass.ts';
import { instantPorts, isEnd, recordAt, BRANCH } from './instant-world.ts';

/**
 * An engine process that dies by its own `kill -9` at a chosen boundary: `before-import`,
 * `after-import`, `before-push`, `after-push`, or never. Arguments: URL, cache folder, boundary.
 */
const [url = '', cacheFolder = '', boundary = 'never'] = process.argv.slice(2);

const clone = new BareClone({ url, cacheFolder, env: process.env });
const git: Git = clone.git;
const untouched: Git = { ...git };
git.pipe = async (args, input) => {
  const command = args[0] === 'fast-import' ? 'import' : args[0];
  dieAt(`before-${command}`);
  const exit = await untouched.pipe(args, input);
  dieAt(`after-${command}`);
  return exit;
};
git.remote = async (args, options) => {
  dieAt(`before-${args[0]}`);
  const exit = await untouched.remote(args, options);
  dieAt(`after-${args[0]}`);
  return exit;
};

function dieAt(point: string): void {
  if (point === boundary) process.kill(process.pid, 'SIGKILL');
}

for (let passes = 0; passes < 60; passes += 1) {
  const ports = await instantPorts(clone);
  const record = await recordAt(ports.delivery, await clone.tip(BRANCH));
  if (isEnd(record)) process.exit(0);
  await runPass(ports);
}
process.exit(1);
