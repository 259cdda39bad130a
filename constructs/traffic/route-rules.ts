import type {
  AnalysisMatch,
  CanarySpec,
  RequestMatch,
  SessionAffinity,
  TrafficState,
} from '../canary-spec.ts';
import { PropertyError } from '../property-error.ts';
import { meetAll } from './request-match.ts';
import { COOKIE, hasCookie, setCookie } from './session-cookies.ts';

/**
 * One rule of a route, before a provider puts it into its own words. The first rule that a request
 * meets decides; none of them takes a request that the spec does not ask for.
 */
export interface RouteRule {
  /** Alternatives of which a request must meet one; empty: every request does. */
  readonly matches: readonly RequestMatch[];
  /** Shares in percent. Both tracks are always named. */
  readonly weights: TrafficState['weights'];
  /** Share of the requests that the canary is sent copies of. */
  readonly mirrorPercent?: number;
  /** `Set-Cookie` of the answers of each track. */
  readonly cookies?: { readonly primary?: string; readonly canary?: string };
  /** `Set-Cookie` of every answer. */
  readonly cookie?: string;
}

export const TRACKS = ['primary', 'canary'] as const;

const ALL_ON = {
  primary: { primary: 100, canary: 0 },
  canary: { primary: 0, canary: 100 },
};
/** As an age, it makes a browser forget a cookie. */
const TAKEN_BACK_SECONDS = -1;

/**
 * What the route of a canary says at one moment: sessions that keep to a track, the requests that
 * are split, and, where only some are, the rest.
 *
 * @throws PropertyError for matches that no request can meet at once, or no rule can say.
 */
export function routeRules(spec: CanarySpec, state: TrafficState): readonly RouteRule[] {
  const { match: all = [] } = spec.service;
  const { strategy, sessionAffinity: affinity } = spec.analysis;
  const chosen = strategy.kind === 'blue-green' ? undefined : strategy.match;
  const matches = chosen === undefined ? all : requestsMeeting(all, chosen);
  const mirror =
    strategy.kind === 'ab-testing' || !state.mirrored ? undefined : strategy.mirror?.percent;
  const split: RouteRule = {
    matches,
    weights: state.weights,
    ...(mirror === undefined ? {} : { mirrorPercent: mirror }),
  };
  return [
    ...(affinity === undefined ? [split] : withSessions(split, affinity, spec, state)),
    ...(chosen === undefined ? [] : [{ matches: all, weights: ALL_ON.primary }]),
  ];
}

/**
 * Sessions that have met a track keep to it while the canary has weight, whatever the weights say.
 * Once it has none, the cookie of the last rollout is taken back.
 */
function withSessions(
  split: RouteRule,
  affinity: SessionAffinity,
  { analysis }: CanarySpec,
  { weights, cookies = {} }: TrafficState,
): readonly RouteRule[] {
  const { cookieName, primaryCookieName, maxAgeSeconds } = affinity;
  if (weights.canary === 0) {
    const { expired } = cookies;
    if (expired === undefined) return [split];
    const matches = holding(split.matches, cookieName, expired);
    const cookie = setCookie(cookieName, expired, TAKEN_BACK_SECONDS, affinity);
    return [{ ...split, matches, cookie }, split];
  }
  const intervalSeconds = Math.ceil(analysis.intervalMs / 1_000);
  const sessions = [
    ...session('canary', cookieName, cookies.canary, maxAgeSeconds),
    ...session('primary', primaryCookieName, cookies.primary, intervalSeconds),
  ];
  return [
    ...sessions.map(({ track, name, value }) => ({
      matches: holding(split.matches, name, value),
      weights: ALL_ON[track],
    })),
    {
      ...split,
      cookies: Object.fromEntries(
        sessions.map(({ track, name, value, ageSeconds }) => [
          track,
          setCookie(name, value, ageSeconds, affinity),
        ]),
      ),
    },
  ];
}

interface Session {
  readonly track: 'primary' | 'canary';
  readonly name: string;
  readonly value: string;
  readonly ageSeconds: number;
}

function session(
  track: Session['track'],
  name: string | undefined,
  value: string | undefined,
  ageSeconds: number,
): readonly Session[] {
  return name === undefined || value === undefined ? [] : [{ track, name, value, ageSeconds }];
}

/** Those of the requests that bring a cookie. */
function holding(
  matches: readonly RequestMatch[],
  name: string,
  value: string,
): readonly RequestMatch[] {
  const headers = { [COOKIE]: hasCookie(name, value) };
  return requestsMeeting(matches, [{ headers, queryParams: {}, sourceLabels: {} }]);
}

/** An empty list would mean every request: what cannot be said is never said wider. */
function requestsMeeting(
  all: readonly RequestMatch[],
  chosen: readonly AnalysisMatch[],
): readonly RequestMatch[] {
  const { matches, clashes } = meetAll(all, chosen);
  const remedy = 'put the condition into one of the two';
  for (const { on } of clashes) {
    const rule = 'service.match and what is analysed both put a condition on it';
    throw new PropertyError('analysis.match', on, rule, remedy);
  }
  if (matches.length > 0 && matches.every((match) => Object.keys(match).length > 0)) return matches;
  throw new PropertyError('analysis.match', chosen, 'it must single out some requests', remedy);
}
