import type { AnalysisMatch, RequestMatch, StringMatch } from '../canary-spec.ts';
import { grpcMethod } from './gateway-matches.ts';
import { isSameHeader, type Limit } from './limits.ts';

type Field = Limit['field'];

const REQUEST_CONDITIONS: readonly string[] = ['uri', 'method', 'headers', 'queryParams'];
const RPC_CONDITIONS: readonly string[] = ['uri', 'headers'];

/** Conditions that a route would have to leave out, and so would widen the match. */
export function gatewayMatchLimits(
  field: Field,
  match: RequestMatch | AnalysisMatch,
  isRpc: boolean,
): readonly Limit[] {
  const known = isRpc ? RPC_CONDITIONS : REQUEST_CONDITIONS;
  const kind = isRpc ? 'a GRPCRoute' : 'an HTTPRoute';
  const strangers = Object.entries(match)
    .filter(([name, value]) => !known.includes(name) && !isEmpty(value))
    .map(([name]) => ({
      field: [...field, name],
      why: `is no condition of ${kind}`,
      remedy: `tell requests by ${known.join(', ')}`,
    }));
  const { uri, method } = match as RequestMatch;
  return [
    ...strangers,
    ...(uri === undefined ? [] : isRpc ? rpcLimits(field, uri) : pathLimits(field, uri)),
    ...(method === undefined || isRpc ? [] : methodLimits(field, method)),
    ...valueLimits([...field, 'headers'], match.headers ?? {}, HEADER_VALUE_MAX),
    ...(isRpc
      ? []
      : valueLimits([...field, 'queryParams'], match.queryParams ?? {}, QUERY_VALUE_MAX)),
    ...twins([...field, 'headers'], Object.keys(match.headers ?? {})),
  ];
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

const PATH = /^\/(?:[-\w/.~!$&'()*+,;=:@]|%(?!2[fF])[0-9a-fA-F]{2})*$/;
const NOT_NORMAL = /\/\/|\/\.\.?(\/|$)/;
const PATH_MAX = 1_024;

function pathLimits(field: Field, uri: StringMatch): readonly Limit[] {
  if ('suffix' in uri) return [unknownKind([...field, 'uri'], uri)];
  const [value = ''] = Object.values(uri) as readonly string[];
  const isPath = 'regex' in uri || (PATH.test(value) && !NOT_NORMAL.test(value));
  if (isPath && value.length <= PATH_MAX) return [];
  return [
    {
      field: [...field, 'uri'],
      why: `is ${JSON.stringify(value)}, which is no path of an HTTPRoute`,
      remedy: `begin with /, without //, /./, /../ and %2F, at most ${PATH_MAX} characters`,
    },
  ];
}

function rpcLimits(field: Field, uri: StringMatch): readonly Limit[] {
  if (grpcMethod(uri) !== undefined) return [];
  return [
    {
      field: [...field, 'uri'],
      why: `is ${JSON.stringify(uri)}, which names no gRPC service or method`,
      remedy: 'write exact: /package.Service/Method or prefix: /package.Service/',
    },
  ];
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'];

function methodLimits(field: Field, method: StringMatch): readonly Limit[] {
  if ('exact' in method && METHODS.includes(method.exact)) return [];
  return [
    {
      field: [...field, 'method'],
      why: `is ${JSON.stringify(method)}, but an HTTPRoute knows whole methods only`,
      remedy: `write exact, with one of ${METHODS.join(', ')}`,
    },
  ];
}

const HEADER_VALUE_MAX = 4_096;
const QUERY_VALUE_MAX = 1_024;
const CONDITIONS_MAX = 16;
const NAME_MAX = 256;

function valueLimits(
  field: Field,
  conditions: Readonly<Record<string, StringMatch>>,
  valueMax: number,
): readonly Limit[] {
  const count = Object.keys(conditions).length;
  const many = { field, why: `has ${count} entries`, remedy: `write at most ${CONDITIONS_MAX}` };
  return [
    ...(count > CONDITIONS_MAX ? [many] : []),
    ...Object.entries(conditions).flatMap(([name, condition]) => {
      const place = [...field, name];
      if ('prefix' in condition || 'suffix' in condition) return [unknownKind(place, condition)];
      const value = 'regex' in condition ? condition.regex : condition.exact;
      const isFitting = value.length >= 1 && value.length <= valueMax && name.length <= NAME_MAX;
      const why = `has a value of ${value.length} characters and a name of ${name.length}`;
      const remedy = `write a value of 1 to ${valueMax} and a name of up to ${NAME_MAX} characters`;
      return isFitting ? [] : [{ field: place, why, remedy }];
    }),
  ];
}

/** Of two conditions on one header a route counts the first alone. */
function twins(field: Field, names: readonly string[]): readonly Limit[] {
  return names
    .filter((name, index) => names.some((other, at) => at < index && isSameHeader(other, name)))
    .map((name) => ({
      field: [...field, name],
      why: 'is written twice: names of headers have no case',
      remedy: 'join the two conditions',
    }));
}

function unknownKind(field: Field, condition: StringMatch): Limit {
  const [kind = '', value = ''] = Object.entries(condition)[0] ?? [];
  const expression = kind === 'suffix' ? `.*${value}` : `${value}.*`;
  return {
    field: [...field, kind],
    why: 'is no condition of an HTTPRoute, which compares whole values or by regex',
    remedy: `write regex: ${JSON.stringify(expression)}, with what is special in it escaped`,
  };
}
