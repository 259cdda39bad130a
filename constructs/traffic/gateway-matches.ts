import type { RequestMatch, StringMatch } from '../canary-spec.ts';
import { PropertyError } from '../property-error.ts';

/** @see https://gateway-api.sigs.k8s.io/reference/spec/#httproutematch */
export function httpMatch({ uri, method, headers, queryParams }: RequestMatch): object {
  return {
    path: uri === undefined ? { type: 'PathPrefix', value: '/' } : pathMatch(uri),
    method: method && exactly(method),
    headers: headers && namedMatches(headers),
    queryParams: queryParams && namedMatches(queryParams),
  };
}

function pathMatch(uri: StringMatch): object {
  if ('regex' in uri) return { type: 'RegularExpression', value: uri.regex };
  if ('exact' in uri) return { type: 'Exact', value: uri.exact };
  if ('prefix' in uri) return { type: 'PathPrefix', value: uri.prefix };
  return inexpressible(uri);
}

/**
 * A method of gRPC is a path: `/package.Service/Method`.
 * @see https://gateway-api.sigs.k8s.io/reference/spec/#grpcmethodmatch
 */
export function grpcMatch({ uri, headers }: RequestMatch): object {
  return {
    method: uri && { type: 'Exact', ...methodOf(uri) },
    headers: headers && namedMatches(headers),
  };
}

export interface GrpcMethod {
  readonly service: string;
  readonly method?: string;
}

/** The service or method that a path condition stands for; nothing when it is neither. */
export function grpcMethod(uri: StringMatch): GrpcMethod | undefined {
  const [, service, method] =
    ('exact' in uri && /^\/([\w.]+)\/(\w+)$/.exec(uri.exact)) ||
    ('prefix' in uri && /^\/([\w.]+)\/$/.exec(uri.prefix)) ||
    [];
  if (service === undefined) return undefined;
  return method === undefined ? { service } : { service, method };
}

function methodOf(uri: StringMatch): GrpcMethod {
  return grpcMethod(uri) ?? inexpressible(uri);
}

/** Sorted by name, with the type that the API server would fill in. */
function namedMatches(conditions: Readonly<Record<string, StringMatch>>): readonly object[] {
  return Object.entries(conditions)
    .map(([name, condition]) => ({
      name,
      type: 'regex' in condition ? 'RegularExpression' : 'Exact',
      value: 'regex' in condition ? condition.regex : exactly(condition),
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function exactly(match: StringMatch): string {
  return 'exact' in match ? match.exact : inexpressible(match);
}

/** Whoever leaves a condition out sends requests to the canary that nobody meant. */
function inexpressible(match: StringMatch): never {
  const rule = 'an HTTPRoute cannot say it';
  throw new PropertyError('match', JSON.stringify(match), rule, 'write it as exact or regex');
}
