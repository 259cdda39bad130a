import type { WorkloadKind } from '../../constructs/canary-spec.ts';
import type { DeploymentManifest, JsonObject, Texts } from '../../constructs/manifest.ts';
import type { LiveRouting } from '../core/liveness.ts';
import type { WorkloadObservation } from '../core/observation.ts';
import type { Random } from '../ports/clock.ts';
import { type DeploymentOptions, PlaygroundDeployment } from './deployment.ts';
import type { ClusterManifests, RouteManifest, ServiceManifest } from './manifests.ts';
import type { Pod } from './pod.ts';
import type { ServiceHost } from './service-host.ts';

/** A routing object as it has been applied. */
interface Applied {
  readonly text: string;
  readonly spec: JsonObject;
  /** Since when it says so. */
  readonly sinceMs: number;
}

/** A pod that will answer a request, with the workload it belongs to. */
export interface Endpoint {
  readonly pod: Pod;
  readonly port: number;
  readonly workload: string;
}

export interface ClusterObjectsOptions extends Omit<DeploymentOptions, 'config'> {
  readonly random: Random;
}

const NOTHING: ClusterManifests = {
  workloads: new Map(),
  services: new Map(),
  routes: new Map(),
  configs: new Map(),
};

/** The objects of the cluster: workloads with their pods, Services, and routes between them. */
export class ClusterObjects {
  readonly #options: ClusterObjectsOptions;
  #applied = { workloads: NOTHING, traffic: NOTHING };
  #services: ReadonlyMap<string, ServiceManifest> = new Map();
  #routes: ReadonlyMap<string, RouteManifest> = new Map();
  #configs: ReadonlyMap<string, Texts> = new Map();
  /** VirtualServices and Services by `kind/namespace/name`. */
  #routing: ReadonlyMap<string, Applied> = new Map();
  readonly #workloads = new Map<string, PlaygroundDeployment>();
  readonly #removed = new Set<PlaygroundDeployment>();
  readonly #turns = new Map<string, number>();

  constructor(options: ClusterObjectsOptions) {
    this.#options = options;
  }

  /** Makes the cluster hold exactly these objects of a tree; those of the other tree stay. */
  apply(tree: 'workloads' | 'traffic', manifests: ClusterManifests): void {
    this.#applied = { ...this.#applied, [tree]: manifests };
    const { workloads, traffic } = this.#applied;
    this.#services = new Map([...workloads.services, ...traffic.services]);
    this.#configs = new Map([...workloads.configs, ...traffic.configs]);
    this.#routes = new Map([...workloads.routes, ...traffic.routes]);
    this.#routing = new Map([
      ...[...this.#services].map(([key, { spec }]) => this.#since(`Service/${key}`, spec)),
      ...[...this.#routes].map(([key, { spec }]) => this.#since(`VirtualService/${key}`, spec)),
    ]);
    this.#applyWorkloads(new Map([...workloads.workloads, ...traffic.workloads]));
  }

  workload(kind: WorkloadKind, namespace: string, name: string): WorkloadObservation {
    const deployment = this.#workloads.get(`${kind}/${namespace}/${name}`);
    return deployment === undefined
      ? { state: 'missing' }
      : { state: 'found', status: deployment.status };
  }

  /** A routing object as it is in force; the playground knows VirtualServices and Services. */
  routing(kind: string, namespace: string, name: string): LiveRouting {
    const applied = this.#routing.get(`${kind}/${namespace}/${name}`);
    if (applied === undefined) return { state: 'missing' };
    return { state: 'found', spec: applied.spec, sinceMs: applied.sinceMs };
  }

  /** The Service that answers for a host: by the weights of its route, or itself. */
  resolve(host: ServiceHost): ServiceHost | undefined {
    const destinations = this.#routeOf(host)?.destinations ?? [];
    const total = destinations.reduce((sum, { weight }) => sum + weight, 0);
    let point = this.#options.random.next() * total;
    for (const destination of destinations) {
      point -= destination.weight;
      if (point < 0) return destination;
    }
    return this.#services.has(keyOf(host)) ? host : undefined;
  }

  /** A ready pod behind a Service, each in its turn. */
  endpoint(host: ServiceHost): Endpoint | undefined {
    const key = keyOf(host);
    const selector = this.#services.get(key)?.selector;
    if (selector === undefined) return undefined;
    const endpoints = [...this.#workloads].flatMap(([of, deployment]) => {
      const [, namespace, workload = ''] = of.split('/');
      if (namespace !== host.namespace) return [];
      return deployment.endpoints(selector).flatMap((pod) => {
        const { port } = pod;
        return port === undefined ? [] : { pod, port, workload };
      });
    });
    const turn = (this.#turns.get(key) ?? 0) + 1;
    this.#turns.set(key, turn);
    return endpoints[turn % Math.max(1, endpoints.length)];
  }

  /** Everything, for a person to look at. */
  snapshot(): Readonly<Record<string, unknown>> {
    const workloads = [...this.#workloads].map(([key, { status, pids }]) => [
      key,
      { status, pids },
    ]);
    return {
      workloads: Object.fromEntries(workloads),
      services: Object.fromEntries(this.#services),
      routes: Object.fromEntries(this.#routes),
    };
  }

  async stop(): Promise<void> {
    const all = [...this.#workloads.values(), ...this.#removed];
    await Promise.all(all.map((deployment) => deployment.stop()));
  }

  get #deploymentOptions(): DeploymentOptions {
    return { ...this.#options, config: (key) => this.#configs.get(key) };
  }

  #routeOf({ namespace, service }: ServiceHost): RouteManifest | undefined {
    return [...this.#routes.values()].find(({ hosts }) =>
      hosts.some((host) => host.namespace === namespace && host.service === service),
    );
  }

  /** A route that says what it said before has been in force since then. */
  #since(key: string, spec: JsonObject): readonly [string, Applied] {
    const text = JSON.stringify(spec);
    const known = this.#routing.get(key);
    const isSame = known?.text === text;
    return [key, { text, spec, sinceMs: isSame ? known.sinceMs : this.#options.clock.nowMs() }];
  }

  #applyWorkloads(wanted: ReadonlyMap<string, DeploymentManifest>): void {
    for (const [key, deployment] of this.#workloads) {
      if (wanted.has(key)) continue;
      this.#workloads.delete(key);
      this.#removed.add(deployment);
      void deployment.remove().then(() => this.#removed.delete(deployment));
    }
    for (const [key, manifest] of wanted) {
      const known = this.#workloads.get(key);
      if (known !== undefined) known.apply(manifest);
      else this.#workloads.set(key, new PlaygroundDeployment(manifest, this.#deploymentOptions));
    }
  }
}

function keyOf({ namespace, service }: ServiceHost): string {
  return `${namespace}/${service}`;
}
