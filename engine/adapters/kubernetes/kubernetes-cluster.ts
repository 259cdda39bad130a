import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock, Random } from '../../ports/clock.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { Logger } from '../../ports/logger.ts';
import type { ApiAccess } from './api-access.ts';
import { type ArgocdWiring, createArgocdSync } from './argocd-sync.ts';
import { createEndpointReader } from './endpoint-reader.ts';
import { createExternalMetrics } from './external-metrics.ts';
import { createClusterInspector } from './cluster-inspector.ts';
import { createFluxSync, type FluxWiring } from './flux-sync.ts';
import { createLiveTraffic } from './live-traffic.ts';
import { type ApiVerb, openKubernetesApi } from './kubernetes-api.ts';
import { KubernetesLease, type LeaseName } from './lease.ts';
import { createOriginReader } from './origin-reader.ts';
import { createSecretReader } from './secret-reader.ts';
import { directReader } from './read-object.ts';
import { KubernetesStatusWriter } from './status-writer.ts';
import { WATCH_TIMING } from './watched-collection.ts';
import { WatchedObjects } from './watched-objects.ts';
import { createWorkloadReader } from './workload-reader.ts';

/** Which agent applies the delivery branch, and by which of its objects. */
export type SyncWiring =
  ({ readonly agent: 'flux' } & FluxWiring) | ({ readonly agent: 'argocd' } & ArgocdWiring);

export interface ClusterWiring {
  readonly access: ApiAccess;
  readonly sync: SyncWiring;
  /** The objects that apply one branch of several. */
  readonly syncOf: (branch: string) => SyncWiring;
  /** Absent: this engine is the only one. */
  readonly lease: LeaseName | undefined;
  /** Where the engine is the one program of a pod; see `identityIn`. */
  readonly podUid: string | undefined;
  /** For an engine that stays. One that looks once asks for single objects. */
  readonly watches: boolean;
}

interface Surroundings {
  readonly clock: Clock;
  readonly monotonic: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Told of each request. */
  readonly count: (verb: ApiVerb) => void;
}

/** `stop` ends its watches: reading goes on without them. */
export type StoppableCluster = Cluster & { stop(): Promise<void> };

/**
 * Watches a real cluster. Written are the status and events of Canary objects, the lease, and the
 * annotation that asks the agent to look now.
 */
export function createKubernetesCluster(
  { access, sync, syncOf, lease, podUid, watches }: ClusterWiring,
  { clock, monotonic, random, logger, count }: Surroundings,
): StoppableCluster {
  const api = openKubernetesApi(access, count);
  const identity = identityIn(podUid);
  const watched = watches
    ? new WatchedObjects({ api, monotonic, random, timing: WATCH_TIMING }, logger)
    : undefined;
  const objects = watched ?? directReader(api);
  const observer = (wiring: SyncWiring) =>
    wiring.agent === 'flux'
      ? createFluxSync({ api, objects, clock }, wiring)
      : createArgocdSync({ api, objects, clock }, wiring);
  const status = new KubernetesStatusWriter({ api, objects, clock, logger });
  return {
    workloads: createWorkloadReader(objects),
    endpoints: createEndpointReader(api),
    sync: observer(sync),
    syncOf: (branch) => observer(syncOf(branch)),
    traffic: createLiveTraffic(objects),
    status,
    secrets: createSecretReader(api),
    origins: createOriginReader(api),
    externalMetrics: createExternalMetrics(api),
    inspector: createClusterInspector(api),
    ...(lease === undefined
      ? {}
      : { lease: new KubernetesLease(api, lease, { identity, clock, monotonic, random }) }),
    resolveServiceUrl: (url) => url,
    async stop() {
      await status.settled();
      await watched?.stop();
    },
  };
}

/**
 * A kubelet starts a container again only after the one before has ended, so that an engine that comes
 * back in its pod goes on with its own lease: nobody waits for a holder that is known to be dead.
 */
function identityIn(podUid: string | undefined): string {
  return `${hostname()}_${podUid ?? randomUUID()}`;
}
