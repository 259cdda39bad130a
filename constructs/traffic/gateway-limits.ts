import type { GatewayRef, ServiceSpec } from '../canary-spec.ts';
import { gatewayFilterLimits } from './gateway-filter-limits.ts';
import { gatewayMatchLimits } from './gateway-match-limits.ts';
import {
  analysisMatch,
  commonLimits,
  type Limit,
  type Routed,
  routedMatches,
  withoutWords,
} from './limits.ts';

/**
 * The port says that it speaks gRPC: by `appProtocol: grpc`, or without one by a name that begins
 * with it, as Istio reads names. `grpc-web` is not meant, it travels as plain HTTP.
 */
export function isGrpc({ appProtocol, portName }: ServiceSpec): boolean {
  if (appProtocol !== undefined) return appProtocol.toLowerCase() === 'grpc';
  return /^grpc(-(?!web(-|$)).*)?$/.test(portName);
}

/** What an HTTPRoute or GRPCRoute cannot say, or the API server would refuse. */
export function gatewayLimits(routed: Routed): readonly Limit[] {
  const { service } = routed;
  const isRpc = isGrpc(service);
  return [
    ...commonLimits(routed),
    ...withoutWords(
      service,
      ['gateways', 'delegation', 'trafficPolicy'],
      'belongs to Istio: with provider gatewayapi it has no effect',
    ),
    ...withoutWords(
      service,
      ['retries'],
      'has no effect: the Gateway API has no retries in its standard channel',
    ),
    ...(isRpc
      ? withoutWords(
          service,
          ['rewrite', 'timeoutMs', 'backendTimeoutMs', 'cors'],
          'cannot be said by a GRPCRoute, which the port asks for by its protocol',
        )
      : []),
    ...protocolLimits(service),
    ...referenceLimits(service.gatewayRefs ?? []),
    ...hostLimits(service.hosts),
    ...routedMatches(routed).flatMap(({ field, match }) => gatewayMatchLimits(field, match, isRpc)),
    ...gatewayFilterLimits(service),
    ...timeoutLimits(service),
    ...sizeLimits(routed),
  ];
}

function protocolLimits({ appProtocol }: ServiceSpec): readonly Limit[] {
  if (!['tcp', 'tls', 'udp'].includes(appProtocol?.toLowerCase() ?? '')) return [];
  return [
    {
      field: ['service', 'appProtocol'],
      why: `is ${appProtocol}, but an HTTPRoute carries requests and no connections`,
      remedy: 'use provider istio for connections',
    },
  ];
}

const REFERENCES_MAX = 32;

function referenceLimits(references: readonly GatewayRef[]): readonly Limit[] {
  const field = ['service', 'gatewayRefs'];
  if (references.length === 0) {
    const why = 'names no gateway, and a route without one carries nothing';
    return [{ field, why, remedy: 'name the Gateway of the route' }];
  }
  const twins = references.flatMap((ref, index) => {
    const other = references.findIndex((each, at) => at < index && isConfusing(each, ref));
    const why = `names the same parent as entry ${other}`;
    const remedy = 'give each of them a sectionName, or a port, of its own';
    return other < 0 ? [] : [{ field: [...field, index], why, remedy }];
  });
  return [...tooMany(field, references.length, REFERENCES_MAX), ...twins];
}

/** Two references to one parent must name different parts of it, in the same way. */
function isConfusing(one: GatewayRef, other: GatewayRef): boolean {
  const parent = ({ group, kind, namespace = '', name }: GatewayRef) =>
    [group, kind, namespace, name].join('/');
  const isAlike = (part: 'sectionName' | 'port') =>
    (one[part] === undefined) === (other[part] === undefined);
  const isSamePart = one.sectionName === other.sectionName && one.port === other.port;
  const isOrderly = isAlike('sectionName') && isAlike('port') && !isSamePart;
  return parent(one) === parent(other) && !isOrderly;
}

const HOST = /^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const ADDRESS = /^[\d.]+$/;
const HOSTS_MAX = 16;

function hostLimits(hosts: readonly string[]): readonly Limit[] {
  return [
    ...hosts.flatMap((host, index) =>
      HOST.test(host) && !ADDRESS.test(host)
        ? []
        : [
            {
              field: ['service', 'hosts', index],
              why: `is ${host}, which is no host name of an HTTPRoute`,
              remedy: 'write a name such as shop.example.com or *.example.com, or no host for all',
            },
          ],
    ),
    ...tooMany(['service', 'hosts'], hosts.length, HOSTS_MAX),
  ];
}

/** A part of a duration has at most five digits there. */
const TIMEOUT_MAX_MS = 99_999_000;

function timeoutLimits({ timeoutMs, backendTimeoutMs }: ServiceSpec): readonly Limit[] {
  const written = { timeout: timeoutMs, backendTimeout: backendTimeoutMs };
  const long = Object.entries(written).filter(([, ms]) => ms !== undefined && ms > TIMEOUT_MAX_MS);
  const isInverted = (backendTimeoutMs ?? 0) > (timeoutMs ?? Infinity);
  const inverted = {
    field: ['service', 'backendTimeout'],
    why: 'is longer than spec.service.timeout, which spans all attempts',
    remedy: 'make it at most as long',
  };
  return [
    ...long.map(([name]) => ({
      field: ['service', name],
      why: 'is longer than 99999 s, the most that an HTTPRoute can say',
      remedy: 'shorten it',
    })),
    ...(isInverted ? [inverted] : []),
  ];
}

const RULES_MAX = 16;
const MATCHES_OF_RULE_MAX = 64;
const MATCHES_MAX = 128;

/** @see https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule */
function sizeLimits({ service, analysis }: Routed): readonly Limit[] {
  const all = Math.max(1, service.match?.length ?? 0);
  const chosen = analysisMatch(analysis)?.length;
  const split = all * (chosen ?? 1);
  const rest = chosen === undefined ? 0 : all;
  const { sessionAffinity } = analysis;
  const sessions =
    sessionAffinity === undefined ? 0 : sessionAffinity.primaryCookieName === undefined ? 1 : 2;
  const matches = split * (1 + sessions) + rest;
  const isSingly = service.rewrite?.path === 'matched-prefix';
  const rules = isSingly ? matches : 1 + sessions + (chosen === undefined ? 0 : 1);
  const field = chosen === undefined ? ['service', 'match'] : ['analysis', 'match'];
  const isTooLarge = rules > RULES_MAX || split > MATCHES_OF_RULE_MAX || matches > MATCHES_MAX;
  const why = `leads to ${rules} rules with ${matches} matches, ${split} of them in one rule`;
  const most = `${RULES_MAX}, ${MATCHES_MAX} and ${MATCHES_OF_RULE_MAX} are the most a route can have`;
  return isTooLarge ? [{ field, why, remedy: `${most}: join some of the entries` }] : [];
}

/** A list that is longer than the API server takes it. */
export function tooMany(
  field: readonly (string | number)[],
  count: number,
  max: number,
): readonly Limit[] {
  if (count <= max) return [];
  return [{ field, why: `has ${count} entries`, remedy: `write at most ${max}` }];
}
