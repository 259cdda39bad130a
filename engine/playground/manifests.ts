import { parseAllDocuments } from 'yaml';
import type { DeploymentManifest, JsonObject, Manifest, Texts } from '../../constructs/manifest.ts';
import { parseServiceHost, type ServiceHost } from './service-host.ts';

/** The objects of one tree that have an effect in a playground, by `namespace/name`. */
export interface ClusterManifests {
  /** By `kind/namespace/name`. A DaemonSet reads as a Deployment of one pod: there is one node. */
  readonly workloads: ReadonlyMap<string, DeploymentManifest>;
  readonly services: ReadonlyMap<string, ServiceManifest>;
  readonly routes: ReadonlyMap<string, RouteManifest>;
  /** What ConfigMaps say. */
  readonly configs: ReadonlyMap<string, Texts>;
}

export interface ServiceManifest {
  readonly spec: JsonObject;
  /** Absent: a Service without endpoints, as in Kubernetes. */
  readonly selector?: Readonly<Record<string, string>>;
}

export interface RouteManifest {
  readonly spec: JsonObject;
  readonly hosts: readonly ServiceHost[];
  /** Empty: the VirtualService has no effect. */
  readonly destinations: readonly Destination[];
}

export interface Destination extends ServiceHost {
  readonly weight: number;
}

/** Each replica is a process of some 50 MB: a typing mistake must not take the machine down. */
const REPLICAS_MAX = 20;

/**
 * Reads all files of a tree before anything of it is applied, so that a broken file leaves the
 * cluster as it is. Other kinds, and files that are not YAML, are passed over.
 * @throws Error that names the file and what is wrong in it.
 */
export function readManifests(files: ReadonlyMap<string, string>): ClusterManifests {
  const workloads = new Map<string, DeploymentManifest>();
  const services = new Map<string, ServiceManifest>();
  const routes = new Map<string, RouteManifest>();
  const configs = new Map<string, Texts>();
  const leastReplicas = new Map<string, number>();
  for (const [path, text] of files) {
    if (!/\.(ya?ml|json)$/.test(path)) continue;
    try {
      for (const manifest of parse(text)) {
        const key = `${namespaceOf(manifest)}/${manifest.metadata.name}`;
        switch (manifest.kind) {
          case 'Deployment':
            workloads.set(`Deployment/${key}`, readDeployment(manifest));
            break;
          case 'DaemonSet':
            workloads.set(`DaemonSet/${key}`, readDaemonSet(manifest));
            break;
          case 'HorizontalPodAutoscaler':
          case 'ScaledObject':
            leastReplicas.set(...readAutoscaler(manifest));
            break;
          case 'ConfigMap':
            configs.set(key, readConfig(manifest));
            break;
          case 'Service':
            services.set(key, readService(manifest));
            break;
          case 'VirtualService':
            routes.set(key, readRoute(manifest));
            break;
        }
      }
    } catch (error) {
      const why = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
      throw new Error(`${path} cannot be applied: ${why}`, { cause: error });
    }
  }
  const scaled = [...workloads].map(([key, workload]) => {
    const { replicas = leastReplicas.get(key) ?? 1 } = workload.spec;
    return [key, { ...workload, spec: { ...workload.spec, replicas } }] as const;
  });
  return { workloads: new Map(scaled), services, routes, configs };
}

/** As YAML 1.1, which is what Kubernetes' own parsers read. */
function parse(text: string): readonly Manifest[] {
  return parseAllDocuments(text, { version: '1.1' }).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const value = document.toJS({ maxAliasCount: 100 }) as Manifest | null;
    if (value === null) return [];
    const { kind, metadata } = asObject(value, 'the document');
    check(typeof kind === 'string', 'it has no kind');
    const { name, namespace } = asObject(metadata, 'metadata');
    check(typeof name === 'string', 'it has no metadata.name');
    check(namespace === undefined || typeof namespace === 'string', 'its namespace is no text');
    return [value];
  });
}

function namespaceOf({ metadata }: Manifest): string {
  return metadata.namespace ?? 'default';
}

/** The rules of the API server that a deployment must not get past. */
function readDeployment(manifest: Manifest): DeploymentManifest {
  const spec = asObject(manifest['spec'], 'spec');
  const { replicas = 1 } = spec;
  check(
    typeof replicas === 'number' && Number.isInteger(replicas) && replicas >= 0,
    `spec.replicas is ${JSON.stringify(replicas)}, not a whole number`,
  );
  check(
    Number(replicas) <= REPLICAS_MAX,
    `spec.replicas is ${asText(replicas)}; a playground runs at most ${REPLICAS_MAX}`,
  );
  const template = asObject(spec['template'], 'spec.template');
  const { labels = {} } = asObject(template['metadata'] ?? {}, 'spec.template.metadata');
  const { matchLabels } = asObject(spec['selector'], 'spec.selector');
  const podLabels = asObject(labels, 'spec.template.metadata.labels');
  for (const [key, value] of Object.entries(asObject(matchLabels, 'spec.selector.matchLabels'))) {
    check(podLabels[key] === value, `the template has no label ${key}: ${asText(value)}`);
  }
  const { containers } = asObject(template['spec'], 'spec.template.spec');
  for (const container of asList(containers, 'spec.template.spec.containers')) {
    for (const variable of asList(asObject(container, 'a container')['env'] ?? [], 'env')) {
      check(typeof asObject(variable, 'env')['name'] === 'string', 'a variable has no name');
    }
  }
  return manifest as DeploymentManifest;
}

/** There is no load to be measured: what is scaled gets the least. */
function readAutoscaler(manifest: Manifest): [workload: string, leastReplicas: number] {
  const { scaleTargetRef, minReplicas, minReplicaCount } = asObject(manifest['spec'], 'spec');
  const { kind = 'Deployment', name } = asObject(scaleTargetRef, 'spec.scaleTargetRef');
  const least = minReplicas ?? minReplicaCount ?? 1;
  check(
    typeof least === 'number' && Number.isInteger(least) && least <= REPLICAS_MAX,
    `the least replicas are ${asText(least)}; a playground runs at most ${REPLICAS_MAX}`,
  );
  return [`${asText(kind)}/${namespaceOf(manifest)}/${asText(name)}`, Math.max(1, Number(least))];
}

function readConfig(manifest: Manifest): Texts {
  const data = Object.entries(asObject(manifest['data'] ?? {}, 'data'));
  return Object.fromEntries(data.map(([key, value]) => [key, asText(value)]));
}

/** The one node has no labels: pods that ask for one run nowhere. */
function readDaemonSet(manifest: Manifest): DeploymentManifest {
  const read = readDeployment(manifest);
  const nodeSelector = asObject(read.spec.template.spec?.['nodeSelector'] ?? {}, 'nodeSelector');
  const replicas = Object.keys(nodeSelector).length === 0 ? 1 : 0;
  return { ...read, kind: 'Deployment', spec: { ...read.spec, replicas } };
}

function readService(manifest: Manifest): ServiceManifest {
  const spec = asObject(manifest['spec'], 'spec');
  if (spec['selector'] === undefined) return { spec };
  const labels = Object.entries(asObject(spec['selector'], 'spec.selector'));
  const selector = Object.fromEntries(labels.map(([key, value]) => [key, asText(value)]));
  return { spec, selector };
}

/**
 * The weighted destinations of the last rule: rules before it match on something, which the mesh
 * does not look at. Weights are read as istiod reads them: a lone destination gets everything, one
 * without weight beside others nothing, and a sum of 0 is refused.
 */
function readRoute(manifest: Manifest): RouteManifest {
  const spec = asObject(manifest['spec'], 'spec');
  const namespace = namespaceOf(manifest);
  const hosts = asList(spec['hosts'] ?? [], 'spec.hosts').flatMap(
    (host) => parseServiceHost(asText(host), namespace) ?? [],
  );
  const rule = asList(spec['http'] ?? [], 'spec.http').at(-1);
  if (rule === undefined) return { spec, hosts, destinations: [] };
  const entries = asList(asObject(rule, 'spec.http')['route'], 'spec.http.route');
  const destinations = entries.map((entry) => {
    const { destination, weight = 0 } = asObject(entry, 'spec.http.route');
    const { host } = asObject(destination, 'destination');
    const service = parseServiceHost(asText(host), namespace);
    if (service === undefined) throw new Error(`the destination ${asText(host)} is no Service`);
    check(typeof weight === 'number' && weight >= 0, `the weight ${asText(weight)} is none`);
    return { ...service, weight: entries.length === 1 ? 100 : Number(weight) };
  });
  const total = destinations.reduce((sum, { weight }) => sum + weight, 0);
  check(total > 0, 'the weights of the destinations sum to 0');
  return { spec, hosts, destinations };
}

function asObject(value: unknown, what: string): JsonObject {
  check(typeof value === 'object' && value !== null, `${what} is missing`);
  return value as JsonObject;
}

function asList(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`${what} is no list`);
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
}

function check(holds: boolean, why: string): void {
  if (!holds) throw new Error(why);
}
