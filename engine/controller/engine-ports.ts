import type { CanaryKey } from '../../constructs/canary-spec.ts';
import type { LoadedSource } from '../config/load-source.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Layout } from '../core/cells.ts';
import type { EditPolicy } from '../core/edits.ts';
import type {
  EndpointReader,
  LiveTraffic,
  SyncObserver,
  WorkloadReader,
} from '../ports/cluster.ts';
import type { DeliveryBranches } from '../ports/delivery-branches.ts';
import type { DeliveryRepository } from '../ports/delivery-repository.ts';
import type { Lease } from '../ports/lease.ts';
import type { Logger } from '../ports/logger.ts';
import type { MetricsSource } from '../ports/metrics-source.ts';
import type { OriginReader } from '../ports/origin-reader.ts';
import type { SecretReader } from '../ports/secret-reader.ts';
import type { SourceReader, SourceSnapshot } from '../ports/source-reader.ts';
import type { StatusWriter } from '../ports/status-writer.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { WebhookClient } from '../ports/webhook-client.ts';
import type { Messaging } from './messaging.ts';
import type { PushGate } from './push-gate.ts';
import type { TakeBackPolicy } from './take-back.ts';

/** Reads what people wrote; pure, but remembered as long as neither argument changes. */
export type SourceInterpreter = (
  snapshot: SourceSnapshot,
  established: ReadonlySet<CanaryKey>,
) => LoadedSource;

/** A delivery target that is spread over several branches. */
export interface Cells {
  readonly layout: Layout;
  /** Layouts that canaries are moved away from. */
  readonly previous: readonly Layout[];
  readonly branches: DeliveryBranches;
  /** Who applies a branch. */
  readonly syncOf: (branch: string) => SyncObserver;
}

/** Everything the controller needs of the world, for one delivery target. */
export interface EnginePorts {
  readonly source: SourceReader;
  readonly interpret: SourceInterpreter;
  /** The one delivery branch; with cells: all of them together, to be read and not to be written. */
  readonly delivery: DeliveryRepository;
  /** Absent: there is one delivery branch. */
  readonly cells?: Cells | undefined;
  readonly workloads: WorkloadReader;
  /** Absent: Services lead to every pod that is ready. */
  readonly endpoints?: EndpointReader | undefined;
  readonly sync: SyncObserver;
  readonly traffic: LiveTraffic;
  readonly metrics: MetricsSource;
  readonly webhooks: WebhookClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Absent: everything may be pushed at once. */
  readonly gate?: PushGate | undefined;
  /** Ends when a pass should wait no longer for one slow answer. Absent: it waits for all. */
  readonly patience?: (() => Promise<void>) | undefined;
  /** Where several engines may run; asked by the loop alone. */
  readonly lease?: Lease | undefined;
  /** Where the cluster holds Canary objects that people look at. */
  readonly status?: StatusWriter | undefined;
  /** Where the cluster holds credentials that templates and providers name. */
  readonly secrets?: SecretReader | undefined;
  /** Where workloads may have been before the engine came. */
  readonly origins?: OriginReader | undefined;
  /** Absent: nobody is told. */
  readonly messaging?: Messaging | undefined;
  readonly telemetry?: Telemetry | undefined;
  /** Absent: a canary whose files were edited holds. */
  readonly edits?: EditPolicy | undefined;
  /** How long a rejected revision is not tried again. Absent: until somebody changes or releases it. */
  readonly rejectedForMs?: number | undefined;
  /** Absent: rejected releases stay in the source. */
  readonly takeBack?: TakeBackPolicy | undefined;
}
