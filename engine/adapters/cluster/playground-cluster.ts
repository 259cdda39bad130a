import type { LiveRouting, SyncState } from '../../core/liveness.ts';
import type { WorkloadObservation } from '../../core/observation.ts';
import type { LiveTraffic, SyncObserver, WorkloadReader } from '../../ports/cluster.ts';

/** A cluster that the engine can watch, and the way to the services inside it. */
export interface Cluster {
  readonly workloads: WorkloadReader;
  readonly sync: SyncObserver;
  readonly traffic: LiveTraffic;
  /** Where metrics are exposed when no metrics server is configured. */
  readonly metricsAddress: string;
  /** An address outside the cluster for a service URL inside it. */
  resolveServiceUrl(url: URL): URL;
}

const TIMEOUT_MS = 5_000;

/** Watches a playground over its HTTP API. A playground that does not answer is unknown, not gone. */
export function createPlaygroundCluster(address: string): Cluster {
  const ask = async <T>(path: string, unknown: (why: string) => T, method = 'GET'): Promise<T> => {
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(new URL(path, address), { signal, method });
      if (!response.ok) return unknown(`the playground answered ${response.status}`);
      return (await response.json()) as T;
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      return unknown(`the playground at ${address} did not answer: ${String(cause)}`);
    }
  };
  const unknown = (why: string) => ({ state: 'unknown', why }) as const;
  return {
    workloads: {
      deployment: (namespace, name) =>
        ask<WorkloadObservation>(`/api/deployments/${namespace}/${name}`, unknown),
    },
    sync: {
      synced: () => ask<SyncState>('/api/sync', unknown),
      poke: async () => {
        await ask<unknown>('/api/poke', unknown, 'POST');
      },
    },
    traffic: {
      routing: (namespace, apex) => ask<LiveRouting>(`/api/routing/${namespace}/${apex}`, unknown),
    },
    metricsAddress: new URL('/metrics', address).href,
    resolveServiceUrl: (url) =>
      new URL(`/services/${url.host}${url.pathname}${url.search}`, address),
  };
}
