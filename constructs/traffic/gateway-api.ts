import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { GrpcRoute, HttpRoute } from '../../imports/gateway.networking.k8s.io.ts';
import type { RequestMatch, ServiceSpec } from '../canary-spec.ts';
import { durationText } from '../go-duration.ts';
import { ownTexts } from '../workloads/clean-manifest.ts';
import { analysisMirror, cookieFilter, routeFilters } from './gateway-filters.ts';
import { gatewayLimits, isGrpc } from './gateway-limits.ts';
import { grpcMatch, httpMatch } from './gateway-matches.ts';
import type { RouteProps, TrafficProvider } from './provider.ts';
import { type RouteRule, routeRules, TRACKS } from './route-rules.ts';

/**
 * An HTTPRoute or GRPCRoute of the apex. Everything that the API server would fill in is written
 * out, so that nothing it holds differs from what stands in Git.
 */
export const GATEWAY_API: TrafficProvider = {
  addTracks: () => {},
  addRoute,
  limits: gatewayLimits,
  objects: (service) => [{ kind: routeOf(service).kind, name: service.name }],
};

function routeOf(service: ServiceSpec): typeof HttpRoute.GVK {
  return isGrpc(service) ? GrpcRoute.GVK : HttpRoute.GVK;
}

function addRoute(scope: Construct, { spec, state }: RouteProps): void {
  const { service, namespace } = spec;
  const { name, hosts, gatewayRefs = [], metadata } = service;
  const isRpc = isGrpc(service);
  const rules = routeRules(spec, state);
  new ApiObject(scope, 'Resource', {
    ...routeOf(service),
    metadata: { name, namespace, ...ownTexts(metadata?.apex ?? {}) },
    spec: {
      parentRefs: gatewayRefs,
      hostnames: hosts.length === 0 ? undefined : hosts,
      rules: isRpc
        ? rules.map((rule) => grpcRule(service, rule))
        : rules.flatMap((rule) => httpRules(service, rule)),
    },
  });
}

/** A prefix is replaced by what one match matched: such a rule can have no second. */
function httpRules(service: ServiceSpec, rule: RouteRule): readonly object[] {
  const matches = rule.matches.length === 0 ? [{}] : rule.matches;
  const isAlone = service.rewrite?.path === 'matched-prefix';
  return (isAlone ? matches.map((match) => [match]) : [matches]).map((alternatives) =>
    httpRule(service, rule, alternatives),
  );
}

function httpRule(service: ServiceSpec, rule: RouteRule, matches: readonly RequestMatch[]): object {
  const { timeoutMs, backendTimeoutMs } = service;
  return {
    matches: matches.map(httpMatch),
    ...sharedParts(service, rule),
    timeouts:
      timeoutMs === undefined && backendTimeoutMs === undefined
        ? undefined
        : {
            request: timeoutMs && durationText(timeoutMs),
            backendRequest: backendTimeoutMs && durationText(backendTimeoutMs),
          },
  };
}

function grpcRule(service: ServiceSpec, rule: RouteRule): object {
  const { matches } = rule;
  return {
    matches: matches.length === 0 ? undefined : matches.map(grpcMatch),
    ...sharedParts(service, rule),
  };
}

/** Both backends are always listed. One with weight 0 gets nothing, also where it stands alone. */
function sharedParts(service: ServiceSpec, rule: RouteRule): object {
  const { name, port } = service;
  const filters = [
    ...routeFilters(service, rule.cookie),
    ...(rule.mirrorPercent === undefined ? [] : [analysisMirror(service, rule.mirrorPercent)]),
  ];
  return {
    filters: filters.length === 0 ? undefined : filters,
    backendRefs: TRACKS.map((track) => {
      const cookie = rule.cookies?.[track];
      return {
        group: '',
        kind: 'Service',
        name: `${name}-${track}`,
        port,
        weight: rule.weights[track],
        filters: cookie === undefined ? undefined : [cookieFilter(cookie)],
      };
    }),
  };
}
