import type { Environment } from '../adapters/git/create-git.ts';
import type { Engine, EngineOptions } from '../engine.ts';
import type { Output } from './output.ts';

/** What a command is given instead of reaching for the process itself. */
export interface CliContext {
  readonly cwd: string;
  readonly env: Environment;
  /** Results. */
  out(text: string): void;
  /** Everything that is no result. */
  err(text: string): void;
  readonly output: Output;
  /** Aborts when the process is asked to end. */
  readonly signal: AbortSignal;
  /** Opens the engine that `serin.yaml` describes. */
  openEngine(options: EngineOptions): Promise<Engine>;
  /** The same for each of its deliveries. */
  openEngines(options: EngineOptions): Promise<readonly Engine[]>;
}
