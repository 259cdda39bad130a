import type { WorkloadKind } from '../../constructs/canary-spec.ts';
import type { Layer } from '../../constructs/delivery-layers.ts';
import type { LiveRouting, SyncState } from '../core/liveness.ts';
import type { EndpointsObservation, WorkloadObservation } from '../core/observation.ts';
import type { ExternalMetrics } from './external-metrics.ts';
import type { Inspector } from './inspector.ts';
import type { Lease } from './lease.ts';
import type { OriginReader } from './origin-reader.ts';
import type { SecretReader } from './secret-reader.ts';
import type { StatusWriter } from './status-writer.ts';

/**
 * Reads how a workload is doing. An answer may come from memory, but it is never older than the moment
 * at which this object was first asked for with this `occasion`: whoever has seen an agent apply a commit
 * does not see the object as it was before that.
 */
export interface WorkloadReader {
  workload(
    kind: WorkloadKind,
    namespace: string,
    name: string,
    occasion?: string,
  ): Promise<WorkloadObservation>;
}

/**
 * Reads where a Service leads to. Its endpoints follow the pods a moment later, and much later where
 * their controller has lost its watch: proxies answer 503 for a Service that has none.
 */
export interface EndpointReader {
  endpoints(namespace: string, service: string): Promise<EndpointsObservation>;
}

/** Knows which commit of the delivery branch the cluster has been given, layer by layer. */
export interface SyncObserver {
  /** An agent that is given the routes with the rest of the traffic says the same of both. */
  synced(layer: Layer): Promise<SyncState>;
  /**
   * Asks the agent to look now at the layers that have changed: whatever it looks at it applies again
   * as a whole. Best effort: the agent polls anyway.
   */
  poke(layers: readonly Layer[]): Promise<void>;
}

/** Reads the object that carries a canary's routes out; `occasion` as with workloads. */
export interface LiveTraffic {
  routing(route: ObjectReference, occasion?: string): Promise<LiveRouting>;
}

export interface ObjectReference {
  /** For example `networking.istio.io/v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** A cluster that the engine can watch, and the way to the services inside it. */
export interface Cluster {
  readonly workloads: WorkloadReader;
  /** Absent: Services lead to every pod that is ready. */
  readonly endpoints?: EndpointReader;
  readonly sync: SyncObserver;
  /** Who applies one branch of several. */
  readonly syncOf: (branch: string) => SyncObserver;
  readonly traffic: LiveTraffic;
  readonly status?: StatusWriter;
  readonly secrets?: SecretReader;
  /** Where workloads may have been before the engine came. */
  readonly origins?: OriginReader;
  readonly externalMetrics?: ExternalMetrics;
  readonly lease?: Lease;
  readonly inspector?: Inspector;
  /** Where metrics are exposed when no metrics server is configured. */
  readonly metricsAddress?: string;
  /** An address outside the cluster for a service URL inside it; other URLs stay as they are. */
  resolveServiceUrl(url: URL): URL;
}
