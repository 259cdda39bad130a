import { z } from 'zod';
import type { Rewrite, RoutingProvider, ServiceSpec } from '../../../constructs/canary-spec.ts';
import {
  defined,
  DnsLabel,
  DurationText,
  filled,
  isEmpty,
  Port,
  TrackName,
  unsupported,
} from './fields.ts';
import {
  Annotations,
  DnsName,
  HeaderName,
  HeaderValues,
  IanaServiceName,
  Labels,
  QualifiedName,
} from './names.ts';
import { GatewayName, RequestMatchFile } from './request-match.ts';
import { CorsFile, resolveCors, resolveRetries, RetriesFile } from './service-policies.ts';
import { TrafficPolicyFile } from './traffic-policy.ts';

const OwnMetadata = z.strictObject({
  labels: z.exactOptional(Labels),
  annotations: z.exactOptional(Annotations),
});

const HeaderChange = z.strictObject({
  set: z.exactOptional(HeaderValues),
  add: z.exactOptional(HeaderValues),
  remove: z.exactOptional(z.array(HeaderName)),
});

/** A host as a route knows it: a DNS name, one with a wildcard for its first part, or an address. */
const HostName = z
  .string()
  .regex(
    /^(\*|(\*\.)?[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*)$/,
    'must be a host name',
  );

/** @see https://gateway-api.sigs.k8s.io/reference/spec/#parentreference */
const GatewayRefFile = z.strictObject({
  group: z.union([DnsName, z.literal('')]).default('gateway.networking.k8s.io'),
  kind: z
    .string()
    .regex(/^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/)
    .default('Gateway'),
  name: DnsName,
  namespace: z.exactOptional(DnsLabel),
  sectionName: z.exactOptional(DnsName),
  port: z.exactOptional(Port),
});

const StaticMirrorFile = z.strictObject({
  backendRef: z.strictObject({
    group: z.union([DnsName, z.literal('')]).default(''),
    kind: z
      .string()
      .regex(/^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/)
      .default('Service'),
    name: DnsName,
    namespace: z.exactOptional(DnsLabel),
    port: z.exactOptional(Port),
  }),
  percent: z.exactOptional(z.number().int().min(0).max(100)),
  fraction: z.exactOptional(
    z
      .strictObject({
        numerator: z.number().int().min(0),
        denominator: z.number().int().min(1).default(100),
      })
      .refine(({ numerator, denominator }) => numerator <= denominator, 'is more than all'),
  ),
});

const RewriteFile = z
  .strictObject({
    uri: z.exactOptional(z.string().min(1)),
    authority: z.exactOptional(z.string().min(1)),
    type: z.exactOptional(z.enum(['ReplaceFullPath', 'ReplacePrefixMatch'])),
  })
  .refine(
    ({ uri, authority }) => (uri ?? authority) !== undefined,
    'it has no uri and no authority',
  );

/** `spec.service` */
export const ServiceFile = z.strictObject({
  name: TrackName.optional(),
  port: Port,
  portName: DnsLabel.default('http'),
  targetPort: z.exactOptional(z.union([Port, IanaServiceName])),
  appProtocol: z.exactOptional(QualifiedName),
  portDiscovery: z.exactOptional(z.boolean()),
  headless: z.exactOptional(z.boolean()),
  trafficDistribution: z.exactOptional(z.enum(['PreferClose', 'PreferSameZone', 'PreferSameNode'])),
  apex: z.exactOptional(OwnMetadata),
  primary: z.exactOptional(OwnMetadata),
  canary: z.exactOptional(OwnMetadata),
  unmanagedMetadata: z.exactOptional(
    z.strictObject({
      labels: z.array(QualifiedName).default([]),
      annotations: z.array(QualifiedName).default([]),
    }),
  ),
  gateways: z.exactOptional(z.array(GatewayName)),
  hosts: z.exactOptional(z.array(HostName)),
  delegation: z.exactOptional(z.boolean()),
  gatewayRefs: z.exactOptional(z.array(GatewayRefFile)),
  match: z.exactOptional(z.array(RequestMatchFile)),
  rewrite: z.exactOptional(RewriteFile),
  timeout: z.exactOptional(DurationText),
  backendTimeout: z.exactOptional(DurationText),
  retries: z.exactOptional(RetriesFile),
  headers: z.exactOptional(
    z.strictObject({
      request: z.exactOptional(HeaderChange),
      response: z.exactOptional(HeaderChange),
    }),
  ),
  corsPolicy: z.exactOptional(CorsFile),
  mirror: z.exactOptional(z.array(StaticMirrorFile)),
  trafficPolicy: z.exactOptional(TrafficPolicyFile),
  backends: unsupported(isEmpty),
  meshName: unsupported(),
});

export type ServiceFile = z.infer<typeof ServiceFile>;

/** A written service with its defaults; what is empty is as good as absent. */
export function resolveService(
  file: ServiceFile,
  target: string,
  provider: RoutingProvider,
): ServiceSpec {
  const { name = target, port, portName, targetPort = port, apex, primary, canary } = file;
  const { rewrite, retries } = file;
  const cors = filled(file.corsPolicy);
  return {
    name,
    port,
    portName,
    targetPort,
    ...resolveBinding(file, name, provider),
    ...defined({
      appProtocol: file.appProtocol,
      portDiscovery: file.portDiscovery,
      headless: file.headless,
      trafficDistribution: file.trafficDistribution,
      metadata: filled(defined({ apex, primary, canary })),
      delegation: file.delegation,
      gatewayRefs: file.gatewayRefs,
      match: filled(file.match),
      rewrite: rewrite && resolveRewrite(rewrite),
      timeoutMs: file.timeout,
      backendTimeoutMs: file.backendTimeout,
      retries: retries && resolveRetries(retries),
      headers: filled(file.headers),
      cors: cors && resolveCors(cors),
      mirrors: filled(file.mirror)?.map(({ backendRef, ...share }) => ({
        ...backendRef,
        ...share,
      })),
      trafficPolicy: filled(file.trafficPolicy),
    }),
  };
}

/** Istio's hosts and gateways as Flagger fills them in; nobody else has any by default. */
function resolveBinding(
  { gateways = [], hosts = [], delegation }: ServiceFile,
  apex: string,
  provider: RoutingProvider,
): Pick<ServiceSpec, 'gateways' | 'hosts'> {
  if (provider !== 'istio' || delegation === true) return { gateways, hosts };
  return {
    gateways: gateways.length === 0 ? ['mesh'] : gateways,
    hosts: hosts.includes(apex) || hosts.includes('*') ? hosts : [...hosts, apex],
  };
}

function resolveRewrite({ type, ...rewrite }: z.infer<typeof RewriteFile>): Rewrite {
  if (type === undefined) return rewrite;
  return { ...rewrite, path: type === 'ReplacePrefixMatch' ? 'matched-prefix' : 'full' };
}
