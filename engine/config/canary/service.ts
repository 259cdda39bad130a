import { z } from 'zod';
import type { ServiceSpec } from '../../../constructs/canary-spec.ts';
import { isEmpty, isFalse, Port, TrackName, unsupported } from './fields.ts';

/** `spec.service` */
export const ServiceFile = z.strictObject({
  name: TrackName.optional(),
  port: Port,
  portName: z.string().optional(),
  targetPort: z.union([Port, z.string().min(1)]).optional(),
  gateways: z.array(z.string().min(1)).optional(),
  hosts: z.array(z.string().min(1)).optional(),
  apex: unsupported(isEmpty),
  appProtocol: unsupported(),
  backends: unsupported(isEmpty),
  backendTimeout: unsupported(),
  canary: unsupported(isEmpty),
  corsPolicy: unsupported(isEmpty),
  delegation: unsupported(isFalse),
  gatewayRefs: unsupported(isEmpty),
  headers: unsupported(isEmpty),
  headless: unsupported(isFalse),
  match: unsupported(isEmpty),
  meshName: unsupported(),
  mirror: unsupported(isEmpty),
  portDiscovery: unsupported(isFalse),
  primary: unsupported(isEmpty),
  retries: unsupported(isEmpty),
  rewrite: unsupported(isEmpty),
  timeout: unsupported(),
  trafficDistribution: unsupported(),
  trafficPolicy: unsupported(isEmpty),
  unmanagedMetadata: unsupported(isEmpty),
});

/** Istio hosts and gateways as Flagger fills them in. */
export function resolveService(service: z.infer<typeof ServiceFile>, target: string): ServiceSpec {
  const name = service.name ?? target;
  const hosts = service.hosts ?? [];
  return {
    name,
    port: service.port,
    portName: service.portName ?? 'http',
    targetPort: service.targetPort ?? service.port,
    gateways: service.gateways ?? ['mesh'],
    hosts: hosts.includes(name) || hosts.includes('*') ? hosts : [...hosts, name],
  };
}
