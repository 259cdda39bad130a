import { BareClone } from '../../../engine/adapters/git/bare-clone.ts';
import { runPass } from '../../../engine/controller/pass.ts';
import { BRANCH, instantPorts, isEnd, recordAt } from '../instant-world.ts';
import { say, watchBoundaries } from './boundaries.ts';

/**
 * An engine process that dies by its own `kill -9` at one of its boundaries. Arguments: URL, cache
 * folder, how many passes, and the number of the boundary, 0 for none.
 */
const [url = '', cacheFolder = '', passes = '1', boundary = '0'] = process.argv.slice(2);

let crossed = 0;
watchBoundaries((name) => {
  crossed += 1;
  if (crossed !== Number(boundary)) return;
  say('dying', name);
  process.kill(process.pid, 'SIGKILL');
});

const clone = new BareClone({ url, cacheFolder, env: process.env });
for (let pass = 0; pass < Number(passes); pass += 1) {
  try {
    if (!(await goOn())) break;
  } catch {
    // As the loop has it: what went wrong does not keep it from trying again.
  }
}
await clone.maintenance.settled();
say('done', crossed);
process.exit(0);

async function goOn(): Promise<boolean> {
  const ports = await instantPorts(clone);
  if (isEnd(await recordAt(ports.delivery, await clone.tip(BRANCH)))) return false;
  await runPass(ports);
  return true;
}
