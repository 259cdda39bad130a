import { join } from 'node:path';
import { AS_IN_ITS_CONTAINER } from '../../../bench/engine-memory.ts';
import { type SyncAgent, startAgent } from '../harness/agents.ts';
import type { Component } from '../harness/component.ts';
import { apply, type ControlPlane, startControlPlane } from '../harness/control-plane.ts';
import {
  createRepositories,
  DELIVERY_URL,
  GIT_ADDRESS,
  GIT_PASSWORD,
  REPOSITORIES,
  SOURCE_URL,
} from '../harness/git.ts';
import { watchNamespaces } from '../harness/rights.ts';
import { ROOT } from '../harness/surroundings.ts';
import { engineCredentials, engineOf, program } from '../harness/world.ts';
import { auditArgs } from './api-requests.ts';
import type { Member } from './members.ts';
import { MetricsServer } from './metrics-server.ts';

export interface FleetWorld {
  readonly controlPlane: ControlPlane;
  readonly gitServer: Component;
  readonly agent: SyncAgent;
  readonly metrics: MetricsServer;
  readonly engine: Component;
}

/** Where the engine serves its own metrics. */
export const ENGINE_ADDRESS = 'http://127.0.0.1:9402';

const PODS_PER_NODE = 500;
/** What the controllers of a cluster with a thousand rollouts are given, instead of 20 a second. */
const CLIENT_LIMITS = ['--kube-api-qps=1000', '--kube-api-burst=2000'];

/**
 * A cluster without a data plane: kwok says of every pod that it is ready, and a metrics server
 * answers what it is told to. Control plane, agent, Git server and engine are real.
 */
export async function startFleetWorld(
  members: readonly Member[],
  cellSize: number,
  nodeArgs: readonly string[],
): Promise<FleetWorld> {
  createRepositories();
  const gitServer = await program('git-server', [REPOSITORIES, GIT_ADDRESS, GIT_PASSWORD]).start();
  const controlPlane = await startControlPlane({
    apiServer: auditArgs(),
    controllerManager: CLIENT_LIMITS,
    scheduler: CLIENT_LIMITS,
    kwok: [`--config=${join(ROOT, 'test/e2e/harness/kwok-pods.yaml')}`, '--cidr=10.112.0.0/12'],
  });
  apply(...nodes(members.length));
  const cells = Math.max(1, Math.ceil(members.length / cellSize));
  const following = { branch: 'delivery/{cell}', cells };
  const agent = await startAgent({
    ...following,
    // The engine asks after each push; looking by itself is for requests that were lost.
    interval: '10m',
    fluxArgs: [...CLIENT_LIMITS, '--concurrent=10'],
  });
  // Its Role in the agent's namespace needs one.
  watchNamespaces(...new Set(members.map(({ namespace }) => namespace)));
  const metrics = await new MetricsServer(9090).start();
  const credentials = engineCredentials('engine');
  const settings = {
    source: { repository: SOURCE_URL, branch: 'main' },
    delivery: { repository: DELIVERY_URL, ...following },
    git: { credentials },
    metrics: { provider: 'prometheus', address: metrics.address },
    serve: new URL(ENGINE_ADDRESS).host,
  };
  const engine = engineOf('engine', agent, settings, {
    args: [...AS_IN_ITS_CONTAINER.args, ...nodeArgs],
    env: AS_IN_ITS_CONTAINER.env,
  });
  return { controlPlane, gitServer, agent, metrics, engine };
}

/** Enough for both tracks of all canaries, and for the pods that a new release puts beside them. */
function nodes(canaries: number): readonly object[] {
  const count = Math.ceil((3 * canaries) / PODS_PER_NODE);
  return Array.from({ length: count }, (_, index) => {
    const name = `node-${index + 1}`;
    return {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name,
        annotations: { 'kwok.x-k8s.io/node': 'fake' },
        labels: { 'kubernetes.io/hostname': name },
      },
    };
  });
}

/** Everything that runs, by name. */
export function componentsOf({ controlPlane, gitServer, agent, engine }: FleetWorld) {
  const { etcd, apiServer, controllers } = controlPlane;
  const all = [etcd, apiServer, ...controllers, gitServer, ...agent.components, engine];
  return all.map((component) => [component.options.name, component] as const);
}
