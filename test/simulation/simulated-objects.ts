import { parse } from 'yaml';
import { type Layer, layerOf } from '../../constructs/delivery-layers.ts';
import type { SimulatedCommit } from './simulated-repository.ts';

export interface LiveObject {
  readonly text: string;
  readonly manifest: Manifest;
  /** Whose it is: the one who applied it last. */
  readonly owner: Layer;
}

export interface Named {
  readonly metadata: { readonly namespace?: string; readonly name: string };
}

export interface Manifest extends Named {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
}

interface Route {
  readonly http: readonly {
    readonly route: readonly { readonly destination: { readonly host: string }; weight?: number }[];
  }[];
}

interface Service {
  readonly selector: { readonly app: string };
}

interface Workload {
  readonly replicas?: number;
  /** A DaemonSet at rest wants nodes that are not there. */
  readonly template: { readonly spec?: { readonly nodeSelector?: object } };
  readonly selector: { readonly matchLabels: { readonly app: string } };
}

/**
 * The objects of a cluster as the agents of three layers leave them, each of which applies its own in its
 * own time and deletes what has left it: only what is still marked as its own, and not what says otherwise.
 * @see https://fluxcd.io/flux/components/kustomize/kustomizations/#garbage-collection
 */
export class SimulatedObjects {
  /** By `kind/namespace/name`. */
  readonly live = new Map<string, LiveObject>();
  readonly #inventory: Record<Layer, ReadonlySet<string>> = {
    workloads: new Set(),
    traffic: new Set(),
    routes: new Set(),
  };

  readonly #manifests = new Map<string, Manifest>();

  sync(layer: Layer, commit: SimulatedCommit): void {
    const applied = new Set<string>();
    for (const [path, text] of commit.files) {
      if (layerOf(path) !== layer) continue;
      const manifest = this.#parsed(text);
      const id = idOf(manifest);
      if (applied.has(id)) throw new Error(`${id} stands twice in ${layer}: no agent applies that`);
      applied.add(id);
      this.live.set(id, { text, manifest, owner: layer });
    }
    for (const id of this.#inventory[layer]) {
      const object = this.live.get(id);
      if (applied.has(id) || object?.owner !== layer) continue;
      const { annotations = {} } = object.manifest.metadata;
      if (annotations['kustomize.toolkit.fluxcd.io/prune'] !== 'disabled') this.live.delete(id);
    }
    this.#inventory[layer] = applied;
  }

  /**
   * Why requests to an application could find nobody, whatever its pods do: by its route as the mesh
   * takes them, and by its public Service alone.
   */
  servingTrouble(name: string): string | undefined {
    const route = this.live.get(`VirtualService/default/${name}`)?.manifest.spec as
      Route | undefined;
    const hosts = route?.http[0]?.route.filter(({ weight = 100 }) => weight > 0) ?? [];
    return [name, ...hosts.map(({ destination }) => destination.host)]
      .map((host) => this.#serviceTrouble(host))
      .find((trouble) => trouble !== undefined);
  }

  #serviceTrouble(host: string): string | undefined {
    const service = this.live.get(`Service/default/${host}`)?.manifest.spec as Service | undefined;
    if (service === undefined) return `there is no Service ${host}`;
    const isServing = [...this.live].some(([id, { manifest }]) => {
      if (!/^(Deployment|DaemonSet)\//.test(id)) return false;
      const { replicas = 1, selector, template } = manifest.spec as Workload;
      const isIdle = replicas === 0 || template.spec?.nodeSelector !== undefined;
      return !isIdle && selector.matchLabels.app === service.selector.app;
    });
    return isServing ? undefined : `Service ${host} leads to no workload that is running`;
  }

  #parsed(text: string): Manifest {
    const known = this.#manifests.get(text) ?? (parse(text) as Manifest);
    this.#manifests.set(text, known);
    return known;
  }
}

function idOf({ kind, metadata }: Manifest): string {
  return `${kind}/${metadata.namespace ?? 'default'}/${metadata.name}`;
}

/** Takes away what is not live any more, and says what that was. */
export function drop(known: Map<string, unknown>, live: readonly Named[]): readonly string[] {
  const names = new Set(live.map(keyOf));
  const gone = [...known.keys()].filter((name) => !names.has(name));
  for (const name of gone) known.delete(name);
  return gone;
}

export function keyOf({ metadata }: Named): string {
  return `${metadata.namespace ?? 'default'}/${metadata.name}`;
}
