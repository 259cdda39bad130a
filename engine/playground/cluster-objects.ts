import type { DeploymentManifest, Manifest } from '../../constructs/manifest.ts';
import type { LiveRouting } from '../core/liveness.ts';
import type { WorkloadObservation } from '../core/observation.ts';
import type { Clock, Random } from '../ports/clock.ts';
import { PlaygroundDeployment } from './deployment.ts';
import type { Pod } from './pod.ts';

interface Service {
  readonly selector: Readonly<Record<string, string>>;
}

interface Destination {
  readonly service: string;
  readonly weight: number;
}

interface Route {
  readonly destinations: readonly Destination[];
  /** Since when these weights are in force. */
  readonly sinceMs: number;
}

/** A pod that will answer a request, with the workload it belongs to. */
export interface Endpoint {
  readonly pod: Pod;
  readonly workload: string;
}

/** The objects of the cluster: Deployments with their pods, Services, and routes between them. */
export class ClusterObjects {
  readonly #deployments = new Map<string, PlaygroundDeployment>();
  readonly #services = new Map<string, Service>();
  readonly #routes = new Map<string, Route>();
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #ending = new Set<Promise<void>>();
  #turn = 0;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Makes the cluster hold exactly these manifests, of the kinds that have an effect here. */
  applyWorkloads(manifests: readonly Manifest[]): void {
    const wanted = new Map(
      manifests
        .filter(({ kind }) => kind === 'Deployment')
        .map((manifest) => [keyOf(manifest), manifest]),
    );
    for (const [key, manifest] of wanted) {
      const known = this.#deployments.get(key);
      if (known !== undefined) known.apply(manifest as DeploymentManifest);
      else this.#deployments.set(key, this.#create(manifest as DeploymentManifest));
    }
    for (const [key, deployment] of this.#deployments) {
      if (wanted.has(key)) continue;
      this.#deployments.delete(key);
      const ended = deployment.stop().finally(() => this.#ending.delete(ended));
      this.#ending.add(ended);
    }
  }

  applyTraffic(manifests: readonly Manifest[]): void {
    const services = manifests.filter(({ kind }) => kind === 'Service');
    const routes = manifests.filter(({ kind }) => kind === 'VirtualService');
    replace(this.#services, services, (manifest) => serviceOf(manifest));
    const before = new Map(this.#routes);
    replace(this.#routes, routes, (manifest, key) => {
      const destinations = destinationsOf(manifest);
      const known = before.get(key);
      const isSame = JSON.stringify(known?.destinations) === JSON.stringify(destinations);
      return known !== undefined && isSame ? known : { destinations, sinceMs: this.#clock.nowMs() };
    });
  }

  deployment(namespace: string, name: string): WorkloadObservation {
    const deployment = this.#deployments.get(`${namespace}/${name}`);
    return deployment === undefined
      ? { state: 'missing' }
      : { state: 'found', status: deployment.status };
  }

  routing(namespace: string, apex: string): LiveRouting {
    const route = this.#routes.get(`${namespace}/${apex}`);
    if (route === undefined) return { state: 'missing' };
    const weight = (service: string) =>
      route.destinations.find((destination) => destination.service === service)?.weight ?? 0;
    const weights = { primary: weight(`${apex}-primary`), canary: weight(`${apex}-canary`) };
    return { state: 'found', weights, sinceMs: route.sinceMs };
  }

  /** The Service that answers for a host: by the weights of its route, or itself. */
  resolve(namespace: string, host: string): string | undefined {
    const route = this.#routes.get(`${namespace}/${host}`);
    if (route === undefined) return this.#services.has(`${namespace}/${host}`) ? host : undefined;
    let point = this.#random.next() * sum(route.destinations.map(({ weight }) => weight));
    for (const { service, weight } of route.destinations) {
      point -= weight;
      if (point < 0) return service;
    }
    return route.destinations[0]?.service;
  }

  /** A ready pod behind a Service, in turn. */
  endpoint(namespace: string, service: string): Endpoint | undefined {
    const selector = this.#services.get(`${namespace}/${service}`)?.selector;
    if (selector === undefined) return undefined;
    const endpoints = [...this.#deployments]
      .filter(([key]) => key.startsWith(`${namespace}/`))
      .flatMap(([key, deployment]) =>
        deployment
          .endpoints(selector)
          .map((pod) => ({ pod, workload: key.slice(namespace.length + 1) })),
      );
    this.#turn += 1;
    return endpoints[this.#turn % Math.max(1, endpoints.length)];
  }

  /** Everything, for a person to look at. */
  snapshot(): Readonly<Record<string, unknown>> {
    const deployments = [...this.#deployments].map(([key, { status, pids }]) => [
      key,
      { status, pids },
    ]);
    return {
      deployments: Object.fromEntries(deployments),
      services: Object.fromEntries(this.#services),
      routes: Object.fromEntries(this.#routes),
    };
  }

  async stop(): Promise<void> {
    const stopping = [...this.#deployments.values()].map((deployment) => deployment.stop());
    await Promise.all([...stopping, ...this.#ending]);
  }

  #create(manifest: DeploymentManifest): PlaygroundDeployment {
    return new PlaygroundDeployment(manifest, this.#clock);
  }
}

function keyOf({ metadata }: Manifest): string {
  return `${metadata.namespace ?? 'default'}/${metadata.name}`;
}

function replace<T>(
  known: Map<string, T>,
  manifests: readonly Manifest[],
  read: (manifest: Manifest, key: string) => T,
): void {
  const fresh = manifests.map(
    (manifest) => [keyOf(manifest), read(manifest, keyOf(manifest))] as const,
  );
  known.clear();
  for (const [key, value] of fresh) known.set(key, value);
}

function serviceOf(manifest: Manifest): Service {
  const spec = manifest['spec'] as { readonly selector?: Readonly<Record<string, string>> };
  return { selector: spec.selector ?? {} };
}

/** The weighted destinations of the last rule; hosts are short names within the namespace. */
function destinationsOf(manifest: Manifest): readonly Destination[] {
  const spec = manifest['spec'] as {
    readonly http?: readonly {
      readonly route?: readonly {
        readonly destination: { readonly host: string };
        readonly weight?: number;
      }[];
    }[];
  };
  const route = spec.http?.at(-1)?.route ?? [];
  return route.map(({ destination, weight = 100 }) => ({
    service: destination.host.split('.')[0] ?? '',
    weight,
  }));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
