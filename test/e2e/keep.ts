/** A cluster to work with: everything runs until this process is stopped. */
import { createInterface } from 'node:readline';
import { ADMIN } from './harness/control-plane.ts';
import { SOURCE_URL } from './harness/git.ts';
import { GATEWAY, ISTIOD, PROMETHEUS, SIDECAR_ADMIN } from './harness/mesh.ts';
import { binary } from './harness/surroundings.ts';
import { startWorld } from './harness/world.ts';

const world = await startWorld((line) => process.stderr.write(`${line}\n`));
await world.engine.start();
process.stdout.write(`
inside the namespace (enter it with: nsenter --target ${process.ppid} --user --net --pid --mount --preserve-credentials)
  kubeconfig   ${ADMIN}
  kubectl      ${binary('kubectl')}
  source       ${SOURCE_URL} (user serin)
  Prometheus   ${PROMETHEUS}
  istiod       ${ISTIOD}
  sidecar      ${SIDECAR_ADMIN}
  gateway      ${GATEWAY}
Ctrl-C ends everything.`);
createInterface({ input: process.stdin }).resume();
