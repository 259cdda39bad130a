import type { Json, JsonObject, ManifestMetadata, ServiceManifest } from '../manifest.ts';

/**
 * The ways into one Service, which no second one can have. They belong to the public Service alone:
 * its tracks are reached by the routes that lead to them.
 */
const WAYS_IN = new Set([
  'allocateLoadBalancerNodePorts',
  'clusterIP',
  'clusterIPs',
  'externalIPs',
  'externalTrafficPolicy',
  'healthCheckNodePort',
  'loadBalancerClass',
  'loadBalancerIP',
  'loadBalancerSourceRanges',
  'type',
]);

/** A name in the DNS that two Services claimed would lead to both of them. */
const PUBLISHING_KEYS = /^external-dns\.alpha\.kubernetes\.io\//;

/** The copy of a Service for one track. */
export function trackService(target: ServiceManifest, name: string): ServiceManifest {
  return {
    ...target,
    metadata: trackMetadata(target.metadata, name),
    spec: trackSpec(target.spec),
  };
}

/** Where a Service leads, without the ways into it: what is released. */
export function trackSpec(spec: JsonObject): JsonObject {
  const { type, clusterIP, ports } = spec;
  const leading = Object.entries(spec).filter(([field]) => !WAYS_IN.has(field));
  return {
    ...Object.fromEntries(leading),
    ...(type === 'ExternalName' ? { type } : {}),
    ...(clusterIP === 'None' ? { clusterIP } : {}),
    ...(ports === undefined ? {} : { ports: mapPorts(ports, trackPort) }),
  };
}

/** The ways into a Service, without where it leads. */
export function waysIn(spec: JsonObject): JsonObject {
  const { type, clusterIP, ports = [] } = spec;
  const own = Object.entries(spec).filter(
    ([field]) => WAYS_IN.has(field) && !(field === 'clusterIP' && clusterIP === 'None'),
  );
  const nodePorts = mapPorts(ports, ({ port, nodePort }) => ({ port, nodePort }));
  return type === 'ExternalName' ? {} : { ...Object.fromEntries(own), nodePorts };
}

/** The public Service with its own ways in, leading where a track leads. */
export function apexService(apex: ServiceManifest, track: ServiceManifest): ServiceManifest {
  const { nodePorts = [], ...ways } =
    track.spec['type'] === 'ExternalName' ? {} : waysIn(apex.spec);
  const { ports } = track.spec;
  const nodePortOf = (number: Json | undefined) =>
    (nodePorts as readonly JsonObject[]).find(({ port }) => port === number)?.['nodePort'];
  const withNodePort = (port: JsonObject): JsonObject => {
    const nodePort = nodePortOf(port['port']);
    return nodePort === undefined ? port : { ...port, nodePort };
  };
  const spec = {
    ...track.spec,
    ...ways,
    ...(ports === undefined ? {} : { ports: mapPorts(ports, withNodePort) }),
  };
  return { ...apex, spec };
}

/** The protocol is part of a port's key under server-side apply. */
function trackPort({ nodePort: _, ...port }: JsonObject): JsonObject {
  return { ...port, protocol: port['protocol'] ?? 'TCP' };
}

function mapPorts(ports: Json, change: (port: JsonObject) => JsonObject): Json {
  return Array.isArray(ports) ? (ports as readonly JsonObject[]).map(change) : ports;
}

function trackMetadata(metadata: ManifestMetadata, name: string): ManifestMetadata {
  const { annotations = {}, ...rest } = metadata;
  const kept = Object.entries(annotations).filter(([key]) => !PUBLISHING_KEYS.test(key));
  return {
    ...rest,
    name,
    ...(kept.length === 0 ? {} : { annotations: Object.fromEntries(kept) }),
  };
}
