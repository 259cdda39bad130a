import type {
  CorsPolicy,
  HeaderChange,
  Rewrite,
  ServiceSpec,
  StaticMirror,
} from '../canary-spec.ts';
import { SET_COOKIE } from './session-cookies.ts';

/**
 * What a rule does to requests and answers, in Flagger's order.
 * @see https://gateway-api.sigs.k8s.io/reference/spec/#httproutefilter
 */
export function routeFilters(service: ServiceSpec, cookie: string | undefined): readonly object[] {
  const { headers, rewrite, mirrors = [], cors } = service;
  const response = cookie === undefined ? headers?.response : withCookie(cookie, headers?.response);
  return [
    ...modifier('request', headers?.request),
    ...modifier('response', response),
    ...(rewrite === undefined ? [] : [{ type: 'URLRewrite', urlRewrite: urlRewrite(rewrite) }]),
    ...mirrors.map(staticMirror),
    ...(cors === undefined ? [] : [{ type: 'CORS', cors: corsFilter(cors) }]),
  ];
}

/** Copies of the requests that the primary answers. */
export function analysisMirror({ name, port }: ServiceSpec, percent: number): object {
  const backendRef = { group: '', kind: 'Service', name: `${name}-canary`, port };
  return {
    type: 'RequestMirror',
    requestMirror: { backendRef, percent: percent === 100 ? undefined : percent },
  };
}

export function cookieFilter(cookie: string): object {
  return {
    type: 'ResponseHeaderModifier',
    responseHeaderModifier: headerModifier(withCookie(cookie)),
  };
}

function withCookie(cookie: string, change: HeaderChange = {}): HeaderChange {
  return { ...change, add: { ...change.add, [SET_COOKIE]: cookie } };
}

function modifier(
  direction: 'request' | 'response',
  change: HeaderChange | undefined,
): readonly object[] {
  if (change === undefined) return [];
  const filter = headerModifier(change);
  return direction === 'request'
    ? [{ type: 'RequestHeaderModifier', requestHeaderModifier: filter }]
    : [{ type: 'ResponseHeaderModifier', responseHeaderModifier: filter }];
}

/** Lists sorted by name: maps have no order, and lists that change theirs look like a change. */
function headerModifier({ set, add, remove }: HeaderChange): object {
  return { set: set && namedValues(set), add: add && namedValues(add), remove };
}

function namedValues(values: Readonly<Record<string, string>>): readonly object[] {
  return Object.entries(values)
    .map(([name, value]) => ({ name, value }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function urlRewrite({ uri, authority, path }: Rewrite): object {
  const replaced =
    path === 'matched-prefix'
      ? { type: 'ReplacePrefixMatch', replacePrefixMatch: uri }
      : { type: 'ReplaceFullPath', replaceFullPath: uri };
  return { hostname: authority, path: uri === undefined ? undefined : replaced };
}

function staticMirror({ percent, fraction, ...backendRef }: StaticMirror): object {
  return { type: 'RequestMirror', requestMirror: { backendRef, percent, fraction } };
}

/** What the API server fills in for a browser's memory of an answer, in seconds. */
const DEFAULT_MAX_AGE_SECONDS = 5;

function corsFilter(cors: CorsPolicy): object {
  const { allowOrigins, maxAgeSeconds = DEFAULT_MAX_AGE_SECONDS, ...rest } = cors;
  const origins = allowOrigins.flatMap((origin) => ('exact' in origin ? [origin.exact] : []));
  return { ...rest, allowOrigins: origins, maxAge: maxAgeSeconds };
}
