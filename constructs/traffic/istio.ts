import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { DestinationRule, VirtualService } from '../../imports/networking.istio.io.ts';
import type {
  CorsPolicy,
  HeaderChanges,
  RequestMatch,
  Retries,
  Rewrite,
  ServiceSpec,
  StringMatch,
} from '../canary-spec.ts';
import { durationText } from '../go-duration.ts';
import { ownTexts } from '../workloads/clean-manifest.ts';
import { istioLimits, isTcp, MESH } from './istio-limits.ts';
import type { RouteProps, TrafficProvider } from './provider.ts';
import { type RouteRule, routeRules, TRACKS } from './route-rules.ts';
import type { TracksProps } from './services.ts';
import { literal, SET_COOKIE } from './session-cookies.ts';

/** DestinationRules of the tracks, and the VirtualService of the apex. */
export const ISTIO: TrafficProvider = {
  addTracks: addDestinationRules,
  addRoute: addVirtualService,
  limits: istioLimits,
  objects: ({ name }) => [
    ...TRACKS.map((track) => ({ kind: DestinationRule.GVK.kind, name: `${name}-${track}` })),
    { kind: VirtualService.GVK.kind, name },
  ],
};

function addDestinationRules(scope: Construct, { spec }: TracksProps): void {
  const { name, trafficPolicy } = spec.service;
  for (const host of TRACKS.map((track) => `${name}-${track}`)) {
    new ApiObject(scope, `destination-rule-${host}`, {
      ...DestinationRule.GVK,
      metadata: { name: host, namespace: spec.namespace },
      spec: { host, trafficPolicy },
    });
  }
}

function addVirtualService(scope: Construct, { spec, state }: RouteProps): void {
  const { service, namespace } = spec;
  const { name, gateways, hosts, delegation, metadata } = service;
  const rules = routeRules(spec, state);
  new ApiObject(scope, 'Resource', {
    ...VirtualService.GVK,
    metadata: { name, namespace, ...ownTexts(metadata?.apex ?? {}) },
    spec: {
      ...(delegation === true ? {} : { gateways, hosts }),
      ...(isTcp(service)
        ? { tcp: rules.map((rule) => connectionRule(service, rule)) }
        : { http: rules.map((rule) => requestRule(service, rule)) }),
    },
  });
}

/**
 * Both destinations are always listed: Istio gives a lone destination all traffic, whatever its
 * weight says.
 */
function requestRule(service: ServiceSpec, rule: RouteRule): object {
  const { weights, cookie, mirrorPercent } = rule;
  const { rewrite, timeoutMs, retries, headers, cors } = service;
  return {
    match: anyOf(rule.matches, requestMatch),
    rewrite: rewrite && rewriting(rewrite),
    timeout: timeoutMs && durationText(timeoutMs),
    retries: retries && retrying(retries),
    headers: cookie === undefined ? headers : withCookie(cookie, headers),
    corsPolicy: cors && corsPolicy(cors),
    route: TRACKS.map((track) => {
      const trackCookie = rule.cookies?.[track];
      return {
        destination: destination(service, track),
        weight: weights[track],
        headers: trackCookie && withCookie(trackCookie),
      };
    }),
    mirror: mirrorPercent && destination(service, 'canary'),
    mirrorPercentage: mirrorPercent && { value: mirrorPercent },
  };
}

function connectionRule(service: ServiceSpec, { matches, weights }: RouteRule): object {
  return {
    match: anyOf(matches, connectionMatch),
    route: TRACKS.map((track) => ({
      destination: destination(service, track),
      weight: weights[track],
    })),
  };
}

/** No list at all stands for every request; an empty one would be refused. */
function anyOf(
  matches: readonly RequestMatch[],
  written: (match: RequestMatch) => object,
): readonly object[] | undefined {
  return matches.length === 0 ? undefined : matches.map(written);
}

/**
 * Behind a gateway the port of a request says nothing about the Service's: where that has several,
 * the route must name one.
 */
function destination(service: ServiceSpec, track: (typeof TRACKS)[number]): object {
  const { name, port, portDiscovery, delegation, gateways } = service;
  const isBehindGateway = delegation === true || gateways.some((gateway) => gateway !== MESH);
  const isAmbiguous = portDiscovery === true && isBehindGateway;
  return { host: `${name}-${track}`, port: isAmbiguous ? { number: port } : undefined };
}

/** Envoy would take a lone percent sign for the beginning of a variable. */
function withCookie(cookie: string, headers: HeaderChanges = {}): HeaderChanges {
  const { response = {} } = headers;
  const add = { ...response.add, [SET_COOKIE]: cookie.replaceAll('%', '%%') };
  return { ...headers, response: { ...response, add } };
}

/** What of the path is replaced is Istio's own rule: whatever the match matched. */
function rewriting({ uri, authority }: Rewrite): object {
  return { uri, authority };
}

function retrying({ attempts, perTryTimeoutMs, retryOn }: Retries): object {
  return { attempts, perTryTimeout: perTryTimeoutMs && durationText(perTryTimeoutMs), retryOn };
}

function corsPolicy({ allowOrigins, maxAgeSeconds, ...rest }: CorsPolicy): object {
  return {
    ...rest,
    allowOrigins: allowOrigins.map(stringMatch),
    maxAge: maxAgeSeconds && `${maxAgeSeconds}s`,
  };
}

function requestMatch(match: RequestMatch): object {
  const { uri, scheme, method, authority, headers, withoutHeaders, queryParams } = match;
  return {
    ...match,
    uri: uri && stringMatch(uri),
    scheme: scheme && stringMatch(scheme),
    method: method && stringMatch(method),
    authority: authority && stringMatch(authority),
    headers: headers && stringMatches(headers),
    withoutHeaders: withoutHeaders && stringMatches(withoutHeaders),
    queryParams: queryParams && stringMatches(queryParams),
  };
}

/** What of a match a connection can be told by. */
function connectionMatch(match: RequestMatch): object {
  const { port, sourceLabels, sourceNamespace, gateways } = match;
  return { port, sourceLabels, sourceNamespace, gateways };
}

function stringMatches(conditions: Readonly<Record<string, StringMatch>>): object {
  return Object.fromEntries(
    Object.entries(conditions).map(([name, condition]) => [name, stringMatch(condition)]),
  );
}

/** Istio knows no suffix; its expressions match the whole of a value. */
function stringMatch(match: StringMatch): object {
  return 'suffix' in match ? { regex: `.*${literal(match.suffix)}` } : match;
}
