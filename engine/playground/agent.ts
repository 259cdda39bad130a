import { TRAFFIC_FOLDER, WORKLOADS_FOLDER } from '../../constructs/delivery-layers.ts';
import type { SyncState } from '../core/liveness.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { ClusterObjects } from './cluster-objects.ts';
import { readManifests } from './manifests.ts';

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
  /** On `clock`. */
  readonly pollMs: number;
  readonly log?: Logger | undefined;
}

/** The routes are applied with the rest of the traffic. */
const TREES = [WORKLOADS_FOLDER, TRAFFIC_FOLDER] as const;
export type Tree = (typeof TREES)[number];

export function isTree(name: string): name is Tree {
  return TREES.some((tree) => tree === name);
}

/**
 * A GitOps agent: pulls the branch, applies what stands below `workloads/` and `traffic/`, and says
 * which commit the cluster has. A file that cannot be read holds back its own tree only.
 */
export class SyncAgent {
  readonly #options: AgentOptions;
  readonly #stopped = new AbortController();
  readonly #broken = new Map<Tree, string>();
  #wake = new AbortController();
  #pulled: string | undefined;
  #trouble: string | undefined = 'nothing has been pulled yet';
  #running: Promise<void> | undefined;
  #logged: string | undefined;

  constructor(options: AgentOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  poke(): void {
    this.#wake.abort();
  }

  get states(): Readonly<Record<Tree, SyncState>> {
    return { workloads: this.state('workloads'), traffic: this.state('traffic') };
  }

  state(tree: Tree): SyncState {
    const why = this.#trouble ?? this.#broken.get(tree);
    if (why !== undefined) return { state: 'unknown', why };
    return this.#pulled === undefined
      ? { state: 'unknown', why: 'the branch holds no commit yet' }
      : { state: 'synced', revision: this.#pulled };
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
      this.#report();
      await clock.sleep(pollMs, this.#wake.signal);
      if (this.#wake.signal.aborted) this.#wake = new AbortController();
    }
  }

  async #pull(): Promise<void> {
    const { tree, objects } = this.#options;
    try {
      const tip = await tree.tip();
      this.#trouble = undefined;
      if (tip === undefined || tip === this.#pulled) return;
      for (const name of TREES) {
        const files = await tree.files(tip, name);
        if (this.#stopped.signal.aborted) return;
        try {
          objects.apply(name, readManifests(files));
          this.#broken.delete(name);
        } catch (error) {
          this.#broken.set(name, messageOf(error));
        }
      }
      this.#pulled = tip;
    } catch (error) {
      this.#trouble = messageOf(error);
    }
  }

  /** Each change once. */
  #report(): void {
    const now = JSON.stringify(this.states);
    if (now === this.#logged) return;
    this.#logged = now;
    const { log } = this.#options;
    for (const tree of TREES) {
      const state = this.state(tree);
      if (state.state === 'synced') log?.info('a tree is in sync', { tree, ...state });
      else log?.warn('a tree is not in sync', { tree, why: state.why });
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
