import type { AnalysisMatch, RequestMatch, StringMatch } from '../canary-spec.ts';

/** Which requests meet two alternatives at once. */
export type Both =
  | { readonly kind: 'match'; readonly match: RequestMatch }
  /** No request can. */
  | { readonly kind: 'never' }
  /** No single alternative says so: both put a condition on the same thing. */
  | { readonly kind: 'clash'; readonly on: string };

/**
 * Requests that meet a `service.match` and an `analysis.match` entry. Every condition of either is
 * kept: leaving one out would send requests to the canary that nobody meant.
 */
export function meetBoth(service: RequestMatch, analysis: AnalysisMatch): Both {
  const headers = joined(service.headers, analysis.headers, (name) => name.toLowerCase());
  const queryParams = joined(service.queryParams, analysis.queryParams, (name) => name);
  const labels = { ...service.sourceLabels, ...analysis.sourceLabels };
  const isLost = Object.entries(service.sourceLabels ?? {}).some(
    ([key, value]) => labels[key] !== value,
  );
  if (isLost || headers.kind === 'never' || queryParams.kind === 'never') return { kind: 'never' };
  if (headers.kind === 'clash') return { kind: 'clash', on: `headers.${headers.on}` };
  if (queryParams.kind === 'clash') return { kind: 'clash', on: `queryParams.${queryParams.on}` };
  return {
    kind: 'match',
    match: {
      ...service,
      ...filled('headers', headers.conditions),
      ...filled('queryParams', queryParams.conditions),
      ...filled('sourceLabels', labels),
    },
  };
}

type Conditions = Readonly<Record<string, StringMatch>>;

type Joined =
  | { readonly kind: 'joined'; readonly conditions: Conditions }
  | { readonly kind: 'never' }
  | { readonly kind: 'clash'; readonly on: string };

function joined(
  first: Conditions = {},
  second: Conditions = {},
  identity: (name: string) => string,
): Joined {
  const conditions = { ...first };
  for (const [name, condition] of Object.entries(second)) {
    const same = Object.keys(first).find((other) => identity(other) === identity(name));
    const known = same === undefined ? undefined : first[same];
    if (known === undefined) conditions[name] = condition;
    else if ('exact' in known && 'exact' in condition) {
      if (known.exact !== condition.exact) return { kind: 'never' };
    } else if (JSON.stringify(known) !== JSON.stringify(condition)) {
      return { kind: 'clash', on: name };
    }
  }
  return { kind: 'joined', conditions };
}

function filled<Key extends string, Value extends object>(
  key: Key,
  value: Value,
): Partial<Record<Key, Value>> {
  return Object.keys(value).length === 0 ? {} : ({ [key]: value } as Record<Key, Value>);
}

/** Every pair of alternatives, those that no request can meet left out. */
export interface MeetAll {
  readonly matches: readonly RequestMatch[];
  /** Conditions that cannot be joined, with the places of the two entries. */
  readonly clashes: readonly {
    readonly on: string;
    readonly service: number;
    readonly analysis: number;
  }[];
}

/** Requests that meet one of each. Without a `service.match` every request meets the first. */
export function meetAll(
  service: readonly RequestMatch[],
  analysis: readonly AnalysisMatch[],
): MeetAll {
  const pairs = analysis.flatMap((entry, at) =>
    (service.length === 0 ? [{}] : service).map((own, ownAt) => ({
      both: meetBoth(own, entry),
      service: ownAt,
      analysis: at,
    })),
  );
  return {
    matches: pairs.flatMap(({ both }) => (both.kind === 'match' ? [both.match] : [])),
    clashes: pairs.flatMap(({ both, ...places }) =>
      both.kind === 'clash' ? [{ on: both.on, ...places }] : [],
    ),
  };
}
