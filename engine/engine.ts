import type { ListenAddress } from './config/listen-address.ts';
import type { EnginePorts } from './controller/engine-ports.ts';
import type { QueuedDecision } from './controller/result.ts';
import type { Inspector } from './ports/inspector.ts';

/** An engine with everything it needs of the world, for one delivery target. */
export interface Engine {
  readonly ports: EnginePorts;
  /** They look at what it depends on. */
  readonly inspectors: readonly Inspector[];
  /** The longest time between two passes. */
  readonly pollMs: number;
  /** Says to whoever probes that the engine does what it is here for. */
  beat(): void;
  /** Says to whoever asks what waits for a push. */
  queued(decisions: readonly QueuedDecision[]): void;
  /** Ends what was started for it; the repository stays as it is. */
  stop(): Promise<void>;
}

export interface EngineOptions {
  /** The delivery of the configuration that is meant; absent: the only one, or all to be run. */
  readonly delivery?: string;
  /** The configuration file; `serin.yaml` in the current folder by default. */
  readonly configFile: string;
  /** A folder of manifests that takes the place of the configured source. */
  readonly sourceFolder?: string;
  /** Absent: nothing listens, whatever the configuration says. */
  readonly serving?: {
    /** Goes before the configured address. */
    readonly address?: ListenAddress;
  };
}
