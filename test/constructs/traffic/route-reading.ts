import type { RequestMatch, StringMatch } from '../../../constructs/canary-spec.ts';
import type { Manifest } from '../../../constructs/index.ts';

/** A request as far as routes look at it. */
export interface Request {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Shares {
  readonly primary: number;
  readonly canary: number;
}

type IsPrefix = (prefix: string, path: string) => boolean;

/** Istio compares letters, the Gateway API whole parts of a path. */
export const byLetters: IsPrefix = (prefix, path) => path.startsWith(prefix);
export const byParts: IsPrefix = (prefix, path) =>
  path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`);

export function meets(
  request: Request,
  { uri, headers = {}, queryParams = {}, sourceLabels = {} }: RequestMatch,
  isPrefix: IsPrefix,
): boolean {
  const all = (conditions: Readonly<Record<string, StringMatch>>, found: Request['headers']) =>
    Object.entries(conditions).every(([name, condition]) => {
      const value = Object.entries(found).find(
        ([other]) => other.toLowerCase() === name.toLowerCase(),
      )?.[1];
      return value !== undefined && agrees(condition, value, isPrefix);
    });
  return (
    (uri === undefined || agrees(uri, request.path, isPrefix)) &&
    all(headers, request.headers) &&
    all(queryParams, request.query) &&
    Object.entries(sourceLabels).every(([key, value]) => request.labels[key] === value)
  );
}

function agrees(condition: StringMatch, value: string, isPrefix: IsPrefix): boolean {
  if ('exact' in condition) return value === condition.exact;
  if ('prefix' in condition) return isPrefix(condition.prefix, value);
  if ('suffix' in condition) return value.endsWith(condition.suffix);
  return new RegExp(`^(?:${condition.regex})$`).test(value);
}

/** What a VirtualService does with a request: the first rule that it meets. */
export function istioShares(manifest: Manifest, request: Request): Shares | undefined {
  const { http } = manifest['spec'] as {
    readonly http: readonly {
      readonly match?: readonly RequestMatch[];
      readonly route: readonly { destination: { host: string }; weight: number }[];
    }[];
  };
  const rule = http.find(
    ({ match }) =>
      match === undefined || match.some((alternative) => meets(request, alternative, byLetters)),
  );
  if (rule === undefined) return undefined;
  return sharesOf(rule.route.map(({ destination, weight }) => [destination.host, weight]));
}

interface GatewayMatch {
  readonly path: { readonly type: string; readonly value: string };
  readonly headers?: readonly Named[];
  readonly queryParams?: readonly Named[];
}

interface Named {
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

/**
 * What an HTTPRoute does with a request: the most particular match, whatever stands first.
 * @see https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule
 */
export function gatewayShares(manifest: Manifest, request: Request): Shares | undefined {
  const { rules } = manifest['spec'] as {
    readonly rules: readonly {
      readonly matches: readonly GatewayMatch[];
      readonly backendRefs: readonly { readonly name: string; readonly weight: number }[];
    }[];
  };
  const candidates = rules.flatMap(({ matches, backendRefs }) =>
    matches
      .filter((match) => meets(request, neutral(match), byParts))
      .map((match) => ({ rank: rankOf(match), backendRefs })),
  );
  const [best] = candidates.toSorted((a, b) => compareRanks(b.rank, a.rank));
  return best && sharesOf(best.backendRefs.map(({ name, weight }) => [name, weight]));
}

function rankOf({ path, headers = [], queryParams = [] }: GatewayMatch): readonly number[] {
  const isExact = path.type === 'Exact' ? 1 : 0;
  return [isExact, path.value.length, headers.length, queryParams.length];
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

function neutral({ path, headers = [], queryParams = [] }: GatewayMatch): RequestMatch {
  const named = (conditions: readonly Named[]) =>
    Object.fromEntries(
      conditions.map(({ name, type, value }) => [
        name,
        type === 'Exact' ? { exact: value } : { regex: value },
      ]),
    );
  const uri = path.type === 'Exact' ? { exact: path.value } : { prefix: path.value };
  return { uri, headers: named(headers), queryParams: named(queryParams) };
}

function sharesOf(weights: readonly (readonly [string, number])[]): Shares {
  const of = (suffix: string) => weights.find(([name]) => name.endsWith(suffix))?.[1] ?? 0;
  return { primary: of('-primary'), canary: of('-canary') };
}
