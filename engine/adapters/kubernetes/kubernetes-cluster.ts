import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock, Random } from '../../ports/clock.ts';
import type { Cluster } from '../../ports/cluster.ts';
import type { Logger } from '../../ports/logger.ts';
import { type ArgocdWiring, createArgocdSync } from './argocd-sync.ts';
import { createExternalMetrics } from './external-metrics.ts';
import { createClusterInspector } from './cluster-inspector.ts';
import { createFluxSync, type FluxWiring } from './flux-sync.ts';
import { createLiveTraffic } from './live-traffic.ts';
import { type KubernetesAccess, openKubernetesApi } from './kubernetes-api.ts';
import { KubernetesLease, type LeaseName } from './lease.ts';
import { createOriginReader } from './origin-reader.ts';
import { createSecretReader } from './secret-reader.ts';
import { KubernetesStatusWriter } from './status-writer.ts';
import { createWorkloadReader } from './workload-reader.ts';

/** Which agent applies the delivery branch, and by which of its objects. */
export type SyncWiring =
  ({ readonly agent: 'flux' } & FluxWiring) | ({ readonly agent: 'argocd' } & ArgocdWiring);

export interface ClusterWiring {
  readonly access: KubernetesAccess;
  readonly sync: SyncWiring;
  /** The objects that apply one branch of several. */
  readonly syncOf: (branch: string) => SyncWiring;
  /** Absent: this engine is the only one. */
  readonly lease: LeaseName | undefined;
}

interface Surroundings {
  readonly clock: Clock;
  readonly monotonic: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/**
 * Watches a real cluster. Written are the status and events of Canary objects, the lease, and the
 * annotation that asks the agent to look now.
 */
export function createKubernetesCluster(
  { access, sync, syncOf, lease }: ClusterWiring,
  { clock, monotonic, random, logger }: Surroundings,
): Cluster {
  const api = openKubernetesApi(access);
  const identity = `${hostname()}_${randomUUID()}`;
  const observer = (wiring: SyncWiring) =>
    wiring.agent === 'flux' ? createFluxSync(api, wiring, clock) : createArgocdSync(api, wiring);
  return {
    workloads: createWorkloadReader(api),
    sync: observer(sync),
    syncOf: (branch) => observer(syncOf(branch)),
    traffic: createLiveTraffic(api),
    status: new KubernetesStatusWriter(api, clock, logger),
    secrets: createSecretReader(api),
    origins: createOriginReader(api),
    externalMetrics: createExternalMetrics(api),
    inspector: createClusterInspector(api),
    ...(lease === undefined
      ? {}
      : { lease: new KubernetesLease(api, lease, { identity, clock, monotonic, random }) }),
    resolveServiceUrl: (url) => url,
  };
}
