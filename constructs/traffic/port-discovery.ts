import type { ServiceSpec } from '../canary-spec.ts';
import type { Json, PodTemplate } from '../manifest.ts';

/** A port of a Service, as Kubernetes completes it. */
export interface ServicePort {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly targetPort: number | string;
  readonly appProtocol?: string;
}

/** Proxies that a mesh adds to a pod: their ports are not the workload's. */
const PROXIES = new Set(['istio-proxy', 'envoy']);
const NAME_MAX = 63;

/** The port that requests are routed to. */
export function mainPort(service: ServiceSpec): ServicePort {
  const { port, portName, targetPort, appProtocol } = service;
  return {
    name: portName,
    port,
    protocol: 'TCP',
    targetPort,
    ...(appProtocol === undefined ? {} : { appProtocol }),
  };
}

interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
  readonly protocol?: string;
}

/**
 * Ports of a track's Service: the main one, and with port discovery every other port of the pods'
 * containers. Numbers and names stay unique, as Kubernetes wants them.
 */
export function portsOf(service: ServiceSpec, template: PodTemplate): readonly ServicePort[] {
  const main = mainPort(service);
  if (service.portDiscovery !== true) return [main];
  const ports = [main];
  const isTaken = (port: number, protocol: string) =>
    ports.some((other) => other.port === port && other.protocol === protocol);
  for (const { container, index, port } of containerPorts(template)) {
    const { name, containerPort: number, protocol = 'TCP' } = port;
    const isMain = name === service.targetPort || number === service.targetPort;
    if (isMain || isTaken(number, protocol)) continue;
    const names = [
      ...(name === undefined ? [] : [name]),
      `tcp-${container}-${index}`.slice(0, NAME_MAX),
      `${protocol.toLowerCase()}-${number}`,
    ];
    const free = names.find((candidate) => !ports.some((other) => other.name === candidate));
    if (free !== undefined) ports.push({ name: free, port: number, protocol, targetPort: number });
  }
  return ports;
}

function containerPorts(template: PodTemplate): readonly {
  readonly container: string;
  /** Position among the ports of its container. */
  readonly index: number;
  readonly port: ContainerPort;
}[] {
  return listOf(template.spec?.['containers']).flatMap((container) => {
    const { name, ports } = container as { readonly name?: string; readonly ports?: Json };
    if (name === undefined || PROXIES.has(name)) return [];
    return listOf(ports).map((port, index) => ({
      container: name,
      index,
      port: port as unknown as ContainerPort,
    }));
  });
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
