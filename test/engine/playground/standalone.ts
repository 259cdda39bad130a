import { aDeploymentFile } from '../../support/manifests.ts';
import { startWorld } from './world.ts';

/** A playground in a process of its own, to be killed. Prints the ids of its two pods. */
const world = await startWorld({ heyPath: process.argv[2] });
await world.deliver({ 'workloads/a.yaml': aDeploymentFile({ replicas: 2 }) });
await world.ready('reviews');
const cmd = 'hey -z 10m -q 10 -c 2 http://reviews/';
await world.post('http://flagger-loadtester.default/', JSON.stringify({ metadata: { cmd } }));
process.stdout.write(`${JSON.stringify(await world.pids())}\n`);
