import { parseAllDocuments } from 'yaml';
import type { Manifest } from '../../constructs/manifest.ts';
import type { SyncState } from '../core/liveness.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterObjects } from './cluster-objects.ts';

/** The delivery branch, as the agent pulls it. */
export interface DeliveryTree {
  /** The newest commit, or nothing while there is none. */
  tip(): Promise<string | undefined>;
  /** The files of a commit below a folder, by path. */
  files(commit: string, folder: string): Promise<ReadonlyMap<string, string>>;
}

export interface AgentOptions {
  readonly tree: DeliveryTree;
  readonly objects: ClusterObjects;
  readonly clock: Clock;
  readonly pollMs: number;
}

type Folder = 'workloads' | 'traffic';

/**
 * A GitOps agent: pulls the branch, applies what stands below `workloads/` and `traffic/`, and says
 * which commit the cluster has. A file that cannot be read holds its own tree back and nothing else.
 */
export class SyncAgent {
  readonly #options: AgentOptions;
  readonly #stopped = new AbortController();
  readonly #broken = new Map<Folder, string>();
  #wake = new AbortController();
  #synced: string | undefined;
  #trouble: string | undefined = 'nothing has been pulled yet';
  #running: Promise<void> | undefined;

  constructor(options: AgentOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  poke(): void {
    this.#wake.abort();
  }

  get state(): SyncState {
    const broken = [...this.#broken.values()];
    const why = this.#trouble ?? broken[0];
    if (why !== undefined) return { state: 'unknown', why };
    return this.#synced === undefined
      ? { state: 'unknown', why: 'the branch holds no commit yet' }
      : { state: 'synced', revision: this.#synced };
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#wake.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, pollMs } = this.#options;
    while (!this.#stopped.signal.aborted) {
      await this.#pull();
      await clock.sleep(pollMs, this.#wake.signal);
      if (this.#wake.signal.aborted) this.#wake = new AbortController();
    }
  }

  async #pull(): Promise<void> {
    try {
      const tip = await this.#options.tree.tip();
      this.#trouble = undefined;
      if (tip === undefined || tip === this.#synced) return;
      const { objects } = this.#options;
      await this.#apply(tip, 'workloads', (manifests) => objects.applyWorkloads(manifests));
      await this.#apply(tip, 'traffic', (manifests) => objects.applyTraffic(manifests));
      this.#synced = tip;
    } catch (error) {
      this.#trouble = error instanceof Error ? error.message : String(error);
    }
  }

  async #apply(
    commit: string,
    folder: Folder,
    apply: (manifests: readonly Manifest[]) => void,
  ): Promise<void> {
    const files = await this.#options.tree.files(commit, folder);
    const manifests: Manifest[] = [];
    for (const [path, text] of files) {
      for (const document of parseAllDocuments(text, { version: '1.1' })) {
        const error = document.errors[0];
        if (error !== undefined) {
          this.#broken.set(folder, `${path} cannot be applied: ${error.message.split('\n', 1)[0]}`);
          return;
        }
        const manifest = document.toJS({ maxAliasCount: 0 }) as Manifest | null;
        if (manifest?.kind !== undefined) manifests.push(manifest);
      }
    }
    this.#broken.delete(folder);
    apply(manifests);
  }
}
