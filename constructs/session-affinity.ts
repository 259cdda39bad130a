import type { Duration } from 'cdk8s';
import {
  type CanarySpecAnalysisSessionAffinity,
  CanarySpecAnalysisSessionAffinitySameSite as SameSite,
} from '../imports/flagger.app.ts';
import { requireSeconds } from './go-duration.ts';
import { PropertyError } from './property-error.ts';
import { isToken } from './request-conditions.ts';

/** Users who have met a track keep to it, by cookies that the routes set and match. */
export interface SessionAffinityProps {
  /** The cookie of those who have met the canary. */
  readonly cookieName: string;

  /**
   * The cookie of those who have met the primary; it lives for one interval.
   *
   * @default - none: who has met the primary may meet the canary next
   */
  readonly primaryCookieName?: string;

  /**
   * How long the canary's cookie lives, in whole seconds.
   *
   * @default Duration.days(1)
   */
  readonly maxAge?: Duration;

  /** @default - the host that answered */
  readonly domain?: string;

  /** @default - the path that was asked for */
  readonly path?: string;

  /** @default - left to the browser */
  readonly sameSite?: keyof typeof SAME_SITES;

  /** @default false */
  readonly httpOnly?: boolean;

  /** @default false */
  readonly secure?: boolean;

  /** @default false */
  readonly partitioned?: boolean;
}

const SAME_SITES = { Strict: SameSite.STRICT, Lax: SameSite.LAX, None: SameSite.NONE } as const;

/** @internal */
export function sessionAffinityToKube({
  maxAge,
  sameSite,
  ...rest
}: SessionAffinityProps): CanarySpecAnalysisSessionAffinity {
  return {
    ...rest,
    ...(maxAge === undefined ? {} : { maxAge: maxAge.toSeconds() }),
    ...(sameSite === undefined ? {} : { sameSite: SAME_SITES[sameSite] }),
  };
}

/** @throws PropertyError for cookies that no browser would keep, or that mean two things. */
export function requireRightCookies(affinity: SessionAffinityProps): void {
  const { cookieName, primaryCookieName, maxAge, path } = affinity;
  requireCookieName('cookieName', cookieName);
  if (primaryCookieName !== undefined) requireCookieName('primaryCookieName', primaryCookieName);
  if (cookieName === primaryCookieName) {
    const rule = "it is the name of the canary's cookie too";
    throw mistake('primaryCookieName', primaryCookieName, rule, 'choose another name');
  }
  if (maxAge !== undefined) requireSeconds('sessionAffinity.maxAge', maxAge, 1);
  if (path !== undefined && !path.startsWith('/')) {
    throw mistake('path', path, 'browsers take no other path', 'begin it with /');
  }
  requireSecure(affinity);
}

/** @see https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie */
function requireSecure({ sameSite, partitioned, secure }: SessionAffinityProps): void {
  if (secure === true) return;
  const rule = 'browsers drop such a cookie when it is not secure';
  if (partitioned === true) throw mistake('partitioned', true, rule, 'write secure: true');
  if (sameSite === 'None') throw mistake('sameSite', sameSite, rule, 'write secure: true');
}

function requireCookieName(property: string, name: string): void {
  if (isToken(name)) return;
  throw mistake(property, name, 'it is no name of a cookie', 'write for example reviews.session');
}

function mistake(property: string, value: unknown, rule: string, remedy: string): PropertyError {
  return new PropertyError(`sessionAffinity.${property}`, value, rule, remedy);
}
