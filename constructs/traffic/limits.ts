import type { CanarySpec, ServiceSpec } from '../canary-spec.ts';
import { meetAll } from './request-match.ts';
import { COOKIE, SET_COOKIE } from './session-cookies.ts';

/**
 * Something that a Canary asks of its routes and that its provider cannot do. It is refused:
 * leaving it out would send requests where nobody meant them to go.
 */
export interface Limit {
  /** Below `spec` of the Canary, by the names that people write. */
  readonly field: readonly (string | number)[];
  /** Goes on after the field's name: `names no gateway`. */
  readonly why: string;
  readonly remedy: string;
}

/** What routes are made of. */
export interface Routed {
  readonly service: ServiceSpec;
  readonly analysis: Pick<CanarySpec['analysis'], 'strategy' | 'sessionAffinity'>;
}

/** The requests that a strategy speaks of; nothing when it speaks of all. */
export function analysisMatch({ strategy }: Routed['analysis']) {
  return strategy.kind === 'blue-green' ? undefined : strategy.match;
}

/** Whether a strategy asks for copies of requests. */
export function isMirroring({ strategy }: Routed['analysis']): boolean {
  return strategy.kind !== 'ab-testing' && strategy.mirror !== undefined;
}

const MATCH = ['analysis', 'match'];
const AFFINITY = ['analysis', 'sessionAffinity'];

/** Limits of every provider that has routes. */
export function commonLimits(routed: Routed): readonly Limit[] {
  return [...matchLimits(routed), ...sessionLimits(routed)];
}

function matchLimits({ service, analysis }: Routed): readonly Limit[] {
  const chosen = analysisMatch(analysis);
  if (chosen === undefined) return [];
  const open = chosen.flatMap((match, index) =>
    Object.values(match).every((conditions) => Object.keys(conditions).length === 0)
      ? [
          {
            field: [...MATCH, index],
            why: 'has no condition: every request would be meant',
            remedy: 'give it headers, queryParams or sourceLabels, or remove it',
          },
        ]
      : [],
  );
  const { matches, clashes } = meetAll(service.match ?? [], chosen);
  const split = clashes.map(({ on, service: own, analysis: index }) => ({
    field: [...MATCH, index, ...on.split(/\.(.*)/s, 2)],
    why: `and spec.service.match[${own}] both put a condition on ${on}, and no rule can hold both`,
    remedy: 'put one of the two conditions in both places',
  }));
  const isImpossible = open.length + split.length + matches.length === 0;
  const never = {
    field: MATCH,
    why: 'and spec.service.match are met by no request together: the canary would get none',
    remedy: 'let at least one pair of their entries agree',
  };
  return [...open, ...split, ...(isImpossible ? [never] : [])];
}

function sessionLimits({ service, analysis }: Routed): readonly Limit[] {
  const { sessionAffinity, strategy } = analysis;
  if (sessionAffinity === undefined) return [];
  const other = {
    field: AFFINITY,
    why: `keeps sessions to a track, but ${strategy.kind} splits none: requests of one kind all go one way`,
    remedy: 'remove it, or use stepWeight or stepWeights',
  };
  const { primaryCookieName, cookieName } = sessionAffinity;
  const same = {
    field: [...AFFINITY, 'primaryCookieName'],
    why: `is ${cookieName}, the name of the canary's cookie`,
    remedy: 'give the two cookies different names',
  };
  return [
    ...(strategy.kind === 'canary' ? [] : [other]),
    ...(primaryCookieName === cookieName ? [same] : []),
    ...cookieClashes(routedMatches({ service, analysis })),
    ...setCookieClashes(service),
  ];
}

/** Every `match` entry with its place. */
export function routedMatches({ service, analysis }: Routed): readonly {
  readonly field: readonly (string | number)[];
  readonly match: NonNullable<ServiceSpec['match']>[number];
}[] {
  const own = (service.match ?? []).map((match, index) => ({
    field: ['service', 'match', index],
    match,
  }));
  const chosen = (analysisMatch(analysis) ?? []).map((match, index) => ({
    field: [...MATCH, index],
    match,
  }));
  return [...own, ...chosen];
}

function cookieClashes(matches: ReturnType<typeof routedMatches>): readonly Limit[] {
  return matches.flatMap(({ field, match }) =>
    Object.keys(match.headers ?? {})
      .filter((name) => isSameHeader(name, COOKIE))
      .map((name) => ({
        field: [...field, 'headers', name],
        why: 'is a condition on the cookies, by which sessions are told as well',
        remedy: 'remove it, or spec.analysis.sessionAffinity',
      })),
  );
}

function setCookieClashes({ headers }: ServiceSpec): readonly Limit[] {
  const { set = {}, add = {}, remove = [] } = headers?.response ?? {};
  const written = [
    ...Object.keys(set).map((name) => ['set', name]),
    ...Object.keys(add).map((name) => ['add', name]),
    ...remove.map((name) => ['remove', name]),
  ];
  return written
    .filter(([, name = '']) => isSameHeader(name, SET_COOKIE))
    .map(([operation = '']) => ({
      field: ['service', 'headers', 'response', operation],
      why: `changes ${SET_COOKIE}, which gives sessions their cookie`,
      remedy: 'remove it, or spec.analysis.sessionAffinity',
    }));
}

/** Names of headers have no case. */
export function isSameHeader(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Options of a service by the names that people write. */
const OPTIONS = {
  gateways: 'gateways',
  hosts: 'hosts',
  delegation: 'delegation',
  gatewayRefs: 'gatewayRefs',
  match: 'match',
  rewrite: 'rewrite',
  timeoutMs: 'timeout',
  backendTimeoutMs: 'backendTimeout',
  retries: 'retries',
  headers: 'headers',
  cors: 'corsPolicy',
  mirrors: 'mirror',
  trafficPolicy: 'trafficPolicy',
} as const;

/** Those of the options that are written although the provider has no words for them. */
export function withoutWords(
  service: ServiceSpec,
  options: readonly (keyof typeof OPTIONS)[],
  why: string,
): readonly Limit[] {
  return options
    .filter((option) => {
      const value = service[option];
      return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
    })
    .map((option) => ({ field: ['service', OPTIONS[option]], why, remedy: 'remove it' }));
}
