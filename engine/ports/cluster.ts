import type { LiveRouting, SyncState } from '../core/liveness.ts';
import type { WorkloadObservation } from '../core/observation.ts';

/** Reads how a workload is doing. */
export interface WorkloadReader {
  deployment(namespace: string, name: string): Promise<WorkloadObservation>;
}

/** Knows which commit of the delivery branch the cluster has been given. */
export interface SyncObserver {
  synced(): Promise<SyncState>;
  /** Asks the agent to look now. Best effort: the agent polls anyway. */
  poke(): Promise<void>;
}

/** Reads the routing object that is in force. */
export interface LiveTraffic {
  routing(namespace: string, apex: string): Promise<LiveRouting>;
}
