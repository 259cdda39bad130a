import { canonicalJson } from '../../engine/core/digest.ts';
import { type Fields, fields, list } from './fields.ts';

/** A routing object as a request: what happens to which requests, however it is written down. */
export interface RoutingIntent {
  /** `primary/canary` of each rule, as people read it. */
  readonly route: string;
  readonly intent: string;
}

export const NO_ROUTING: RoutingIntent = { route: '', intent: '' };

const COOKIE_VALUE = '([A-Za-z0-9_-]+)';

/** Cookie values, which every engine chooses for itself, by the order in which they are met. */
export class CookieNames {
  readonly #values = new Map<string, string>();

  /**
   * The text with every value replaced by its place in the order. An expression that finds a cookie
   * is taken as what it looks for: Flagger's fits other cookies too that hold its words.
   */
  canonical(text: string, cookies: readonly string[]): string {
    return cookies.reduce((before, cookie) => {
      const name = cookie.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');
      const expression = new RegExp(
        `"[^"]*\\.\\*[^"]*${name}(?:\\.\\*|=)${COOKIE_VALUE}[^"]*"`,
        'g',
      );
      return before
        .replaceAll(expression, (_, value: string) => `"has ${this.#named(cookie, value)}"`)
        .replaceAll(new RegExp(`${name}=${COOKIE_VALUE}`, 'g'), (_, value: string) =>
          this.#named(cookie, value),
        );
    }, text);
  }

  #named(cookie: string, value: string): string {
    const key = `${cookie}=${value}`;
    const isOfCookie = (known: string) => known.startsWith(`${cookie}=`);
    const place =
      this.#values.get(key) ?? `#${[...this.#values.keys()].filter(isOfCookie).length + 1}`;
    this.#values.set(key, place);
    return `${cookie}=${place}`;
  }
}

/** @see https://istio.io/latest/docs/reference/config/networking/virtual-service/ */
export function virtualServiceIntent(spec: Fields, apex: string): RoutingIntent {
  const { http = [], tcp = [], hosts = [], gateways = [], ...others } = spec;
  const rules = [...list(http), ...list(tcp)].map((rule) => istioRule(rule, apex));
  return intentOf(rules, { hosts, gateways, ...others });
}

/** @see https://gateway-api.sigs.k8s.io/reference/spec/#httproutespec */
export function httpRouteIntent(spec: Fields, apex: string): RoutingIntent {
  const { rules = [], ...others } = spec;
  return intentOf(
    list(rules).map((rule) => gatewayRule(rule, apex)),
    others,
  );
}

interface Rule {
  readonly text: string;
  readonly intent: Fields;
}

function intentOf(rules: readonly Rule[], others: Fields): RoutingIntent {
  return {
    route: rules.map(({ text }) => text).join(' | '),
    intent: withEqualDurations(
      canonicalJson({ ...others, rules: rules.map(({ intent }) => intent) }),
    ),
  };
}

/** "24h" and "86400s" ask for the same. */
function withEqualDurations(text: string): string {
  return text.replaceAll(/"((?:\d+(?:\.\d+)?(?:h|ms|m|s))+)"/g, (_, duration: string) => {
    const seconds = [...duration.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)].reduce(
      (sum, [, amount, unit]) => sum + Number(amount) * (SECONDS[unit ?? ''] ?? 0),
      0,
    );
    return `"${seconds}s"`;
  });
}

const SECONDS: Readonly<Record<string, number>> = { h: 3_600, m: 60, s: 1, ms: 0.001 };

function istioRule(rule: Fields, apex: string): Rule {
  const { route = [], mirror, mirrorPercentage, ...others } = rule;
  const destinations = list(route).map(({ destination, weight, ...rest }) => {
    const { host = '', ...where } = fields(destination);
    return { host: String(host), weight, rest: { ...where, ...rest } };
  });
  const share = percentage(mirrorPercentage);
  const mirrored = mirror === undefined ? {} : { mirror, share };
  return ruleOf(destinations, apex, mirror !== undefined, { ...others, ...mirrored });
}

function percentage(value: unknown): unknown {
  return value === undefined ? 100 : fields(value)['value'];
}

function gatewayRule(rule: Fields, apex: string): Rule {
  const { backendRefs = [], filters = [], matches, ...others } = rule;
  const destinations = list(backendRefs).map(({ name, weight, group, kind, ...rest }) => ({
    host: String(name),
    weight,
    rest: { group: group ?? '', kind: kind ?? 'Service', ...rest },
  }));
  const isMirrored = list(filters).some(({ type }) => type === 'RequestMirror');
  return ruleOf(destinations, apex, isMirrored, {
    ...others,
    ...(list(filters).length === 0 ? {} : { filters }),
    // What the API server fills in where no path is asked for.
    matches: (matches === undefined ? [{}] : list(matches)).map((match) => ({
      path: { type: 'PathPrefix', value: '/' },
      ...match,
    })),
  });
}

interface Destination {
  readonly host: string;
  readonly weight: unknown;
  readonly rest: Fields;
}

/** Destinations without a share are left out: whether they are listed changes nothing for anybody. */
function ruleOf(
  destinations: readonly Destination[],
  apex: string,
  isMirrored: boolean,
  others: Fields,
): Rule {
  const shares = destinations.map(({ weight }) =>
    destinations.length === 1 ? 100 : Number(weight ?? 0),
  );
  const shareOf = (track: string) =>
    destinations.reduce(
      (sum, { host }, index) => sum + (isTrack(host, apex, track) ? (shares[index] ?? 0) : 0),
      0,
    );
  return {
    text: `${shareOf('primary')}/${shareOf('canary')}${isMirrored ? '+mirror' : ''}`,
    intent: {
      ...others,
      to: destinations
        .map(({ host, rest }, index) => ({ ...rest, host, share: shares[index] }))
        .filter(({ share }) => share !== 0)
        .toSorted((a, b) => a.host.localeCompare(b.host)),
    },
  };
}

/** A host may be written short or in full. */
function isTrack(host: string, apex: string, track: string): boolean {
  return host.split('.', 1)[0] === `${apex}-${track}`;
}
