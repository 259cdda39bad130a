import type { ServiceSpec } from '../canary-spec.ts';
import {
  analysisMatch,
  commonLimits,
  isMirroring,
  type Limit,
  type Routed,
  withoutWords,
} from './limits.ts';

/** The reserved name that stands for all sidecars among the gateways. */
export const MESH = 'mesh';

/** Connections are split instead of requests. */
export function isTcp({ appProtocol }: Pick<ServiceSpec, 'appProtocol'>): boolean {
  return appProtocol?.toLowerCase() === 'tcp';
}

/** What a VirtualService cannot say, or istiod would refuse. */
export function istioLimits(routed: Routed): readonly Limit[] {
  const { service } = routed;
  return [
    ...commonLimits(routed),
    ...withoutWords(service, ['gatewayRefs', 'backendTimeoutMs'], 'belongs to the Gateway API'),
    ...withoutWords(
      service,
      ['mirrors'],
      'belongs to the Gateway API; here only the analysis mirrors',
    ),
    ...(service.rewrite?.path === undefined ? [] : [REWRITE_TYPE]),
    ...delegationLimits(service),
    ...protocolLimits(service),
    ...(isTcp(service) ? connectionLimits(routed) : []),
    ...hostLimits(service),
    ...headerValueLimits(service),
  ];
}

const REWRITE_TYPE: Limit = {
  field: ['service', 'rewrite', 'type'],
  why: 'belongs to the Gateway API: a VirtualService replaces what the match matched',
  remedy: 'remove it',
};

function delegationLimits(service: ServiceSpec): readonly Limit[] {
  if (service.delegation !== true) return [];
  const why = 'is written although spec.service.delegation is true: a delegate has none of its own';
  return [
    ...withoutWords(service, ['gateways', 'hosts'], why),
    ...(isTcp(service)
      ? [
          {
            field: ['service', 'delegation'],
            why: 'is true, but Istio delegates no TCP routes',
            remedy: 'remove it, or spec.service.appProtocol',
          },
        ]
      : []),
  ];
}

/** Istio reads requests on none of these, and would leave the rules of the route without effect. */
const OPAQUE = new Set(['https', 'mongo', 'mysql', 'redis', 'tcp', 'tls', 'udp']);

/** @see https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/ */
function protocolLimits({ appProtocol, portName }: ServiceSpec): readonly Limit[] {
  const protocol = appProtocol ?? portName.split('-', 1)[0] ?? '';
  if (!OPAQUE.has(protocol.toLowerCase()) || appProtocol?.toLowerCase() === 'tcp') return [];
  return [
    {
      field: ['service', appProtocol === undefined ? 'portName' : 'appProtocol'],
      why: `tells Istio that the port speaks ${protocol}: it would split none of its requests`,
      remedy: 'write spec.service.appProtocol: tcp to split connections',
    },
  ];
}

const CONNECTION_CONDITIONS: readonly string[] = [
  'port',
  'sourceLabels',
  'sourceNamespace',
  'gateways',
];

/** A connection has no requests to look at. */
function connectionLimits({ service, analysis }: Routed): readonly Limit[] {
  const why = 'speaks of requests, but with appProtocol tcp only connections are routed';
  const remedy = 'remove it, or spec.service.appProtocol';
  const asked = [
    ...(analysisMatch(analysis) === undefined ? [] : ['match']),
    ...(isMirroring(analysis) ? ['mirror'] : []),
    ...(analysis.sessionAffinity === undefined ? [] : ['sessionAffinity']),
  ];
  return [
    ...asked.map((name) => ({ field: ['analysis', name], why, remedy })),
    ...withoutWords(service, ['rewrite', 'timeoutMs', 'retries', 'headers', 'cors'], why),
    ...(service.match ?? []).flatMap((match, index) =>
      Object.keys(match)
        .filter((name) => !CONNECTION_CONDITIONS.includes(name))
        .map((name) => ({
          field: ['service', 'match', index, name],
          why,
          remedy: `tell connections by ${CONNECTION_CONDITIONS.join(', ')}`,
        })),
    ),
  ];
}

function hostLimits({ gateways, hosts }: ServiceSpec): readonly Limit[] {
  return hosts.flatMap((host, index) => {
    const field = ['service', 'hosts', index];
    if (host === '*' && gateways.includes(MESH)) {
      const why = 'is *, which Istio takes only for routes that the mesh does not use';
      return [{ field, why, remedy: 'name the hosts, or leave mesh out of spec.service.gateways' }];
    }
    const other = hosts.find((candidate, at) => at < index && covers(candidate, host));
    if (other === undefined) return [];
    const why = `is ${host}, which ${other} covers already`;
    return [{ field, why, remedy: 'keep one of the two' }];
  });
}

/** Either of two hosts holds every name of the other: Istio takes them for duplicates. */
function covers(one: string, other: string): boolean {
  return isWithin(one, other) || isWithin(other, one);
}

function isWithin(host: string, wildcard: string): boolean {
  return host === wildcard || (wildcard.startsWith('*') && host.endsWith(wildcard.slice(1)));
}

/** Envoy reads `%NAME%` in a value as something to fill in, and refuses a route with a lone `%`. */
const HEADER_VALUE = /^([^%]|%%|%[A-Z_0-9]+(\([^()]*\))?(:\d+)?%)*$/;

function headerValueLimits({ headers }: ServiceSpec): readonly Limit[] {
  return (['request', 'response'] as const).flatMap((direction) =>
    (['set', 'add'] as const).flatMap((operation) =>
      Object.entries(headers?.[direction]?.[operation] ?? {})
        .filter(([, value]) => !HEADER_VALUE.test(value))
        .map(([name, value]) => ({
          field: ['service', 'headers', direction, operation, name],
          why: `is ${JSON.stringify(value)}, in which Envoy would look for a variable`,
          remedy: 'write %% for a percent sign',
        })),
    ),
  );
}
