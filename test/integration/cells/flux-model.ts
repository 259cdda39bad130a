import { parse } from 'yaml';
import { type Layer, layerOf, LAYERS } from '../../../constructs/delivery-layers.ts';
import type { BareClone } from '../../../engine/adapters/git/bare-clone.ts';
import type { SyncState } from '../../../engine/core/liveness.ts';

export interface LiveObject {
  readonly manifest: Manifest;
  /** The Kustomization that applied it last: its labels say so. */
  readonly owner: string;
}

interface Manifest {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
}

/**
 * Kustomizations that share a cluster, by Flux' rules: applying takes an object over, whoever had it;
 * pruning deletes what this Kustomization applied before and does not find any more, unless another
 * one has taken it over since, or an annotation forbids it.
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/#prune
 */
export class FluxModel {
  readonly objects = new Map<string, LiveObject>();
  /** Objects that were deleted, in order. */
  readonly deleted: string[] = [];
  readonly #clone: BareClone;
  readonly #applied = new Map<string, { readonly revision: string; readonly ids: Set<string> }>();

  constructor(clone: BareClone) {
    this.#clone = clone;
  }

  /** One Kustomization looks at its branch; also when it holds nothing new. */
  async reconcile(branch: string, layer: Layer): Promise<void> {
    await this.#clone.fetch([branch]);
    const revision = await this.#clone.tip(branch);
    if (revision === undefined) return;
    const owner = `${branch}/${layer}`;
    const before = this.#applied.get(owner)?.ids ?? new Set();
    const entries = (await this.#clone.objects.tree(revision)).filter(
      ({ path }) => layerOf(path) === layer,
    );
    const texts = await this.#clone.objects.read(entries.map(({ blob }) => blob));
    const ids = new Set<string>();
    for (const { blob } of entries) {
      const manifest = parse(texts.get(blob) ?? '') as Manifest;
      const id = idOf(manifest);
      ids.add(id);
      this.objects.set(id, { manifest, owner });
    }
    for (const id of before) if (!ids.has(id)) this.#prune(id, owner);
    this.#applied.set(owner, { revision, ids });
  }

  async reconcileAll(branches: readonly string[]): Promise<void> {
    for (const branch of branches) for (const layer of LAYERS) await this.reconcile(branch, layer);
  }

  synced(branch: string, layer: Layer): SyncState {
    const revision = this.#applied.get(`${branch}/${layer}`)?.revision;
    return revision === undefined
      ? { state: 'unknown', why: 'nothing has been applied yet' }
      : { state: 'synced', revision };
  }

  #prune(id: string, owner: string): void {
    const live = this.objects.get(id);
    const { annotations = {} } = live?.manifest.metadata ?? {};
    const isKept = annotations['kustomize.toolkit.fluxcd.io/prune'] === 'disabled';
    if (live === undefined || live.owner !== owner || isKept) return;
    this.objects.delete(id);
    this.deleted.push(id);
  }
}

function idOf({ kind, metadata }: Manifest): string {
  return `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;
}
