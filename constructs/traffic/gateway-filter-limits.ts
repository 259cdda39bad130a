import type { CorsPolicy, HeaderChange, ServiceSpec, StaticMirror } from '../canary-spec.ts';
import type { Limit } from './limits.ts';

type Field = Limit['field'];

/** What the filters of a route cannot say. */
export function gatewayFilterLimits(service: ServiceSpec): readonly Limit[] {
  const { headers, cors, mirrors = [] } = service;
  return [
    ...changeLimits(['service', 'headers', 'request'], headers?.request),
    ...changeLimits(['service', 'headers', 'response'], headers?.response),
    ...rewriteLimits(service),
    ...(cors === undefined ? [] : corsLimits(cors)),
    ...mirrors.flatMap(mirrorLimits),
  ];
}

const LIST_MAX = 16;
const VALUE_MAX = 4_096;

function changeLimits(field: Field, change: HeaderChange = {}): readonly Limit[] {
  const { set = {}, add = {}, remove = [] } = change;
  const lists = { set: Object.keys(set), add: Object.keys(add), remove };
  const values = { set: Object.entries(set), add: Object.entries(add) };
  return [
    ...Object.entries(lists)
      .filter(([, names]) => names.length > LIST_MAX)
      .map(([operation, names]) => ({
        field: [...field, operation],
        why: `has ${names.length} entries`,
        remedy: `write at most ${LIST_MAX}`,
      })),
    ...Object.entries(values).flatMap(([operation, entries]) =>
      entries
        .filter(([, value]) => value.length === 0 || value.length > VALUE_MAX)
        .map(([name, value]) => ({
          field: [...field, operation, name],
          why: `has a value of ${value.length} characters`,
          remedy: `write 1 to ${VALUE_MAX}, or remove the header instead`,
        })),
    ),
  ];
}

const HOST = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

function rewriteLimits({ rewrite, match = [] }: ServiceSpec): readonly Limit[] {
  if (rewrite === undefined) return [];
  const { uri, authority, path } = rewrite;
  const host = {
    field: ['service', 'rewrite', 'authority'],
    why: `is ${authority}, which is no plain host name`,
    remedy: 'write a name such as shop.example.com, without a port',
  };
  const missing = {
    field: ['service', 'rewrite', 'type'],
    why: 'is ReplacePrefixMatch, but there is no spec.service.rewrite.uri to replace it by',
    remedy: 'write the uri',
  };
  const noPrefix = match.flatMap(({ uri: matched }, index) =>
    path !== 'matched-prefix' || matched === undefined || 'prefix' in matched
      ? []
      : [
          {
            field: ['service', 'match', index, 'uri'],
            why: 'is no prefix, but spec.service.rewrite replaces the prefix that was matched',
            remedy: 'write a prefix, or type: ReplaceFullPath',
          },
        ],
  );
  return [
    ...(authority === undefined || HOST.test(authority) ? [] : [host]),
    ...(path === 'matched-prefix' && uri === undefined ? [missing] : []),
    ...noPrefix,
  ];
}

const CORS_LIST_MAX = 64;
const ORIGIN = /^(\*|https?:\/\/((\*\.)?([a-zA-Z0-9-]+\.)*[a-zA-Z0-9-]+|\*)(:[0-9]{1,5})?)$/;

function corsLimits({ allowOrigins, ...lists }: CorsPolicy): readonly Limit[] {
  const field = ['service', 'corsPolicy'];
  const origins = allowOrigins.flatMap((origin, index) =>
    'exact' in origin && ORIGIN.test(origin.exact)
      ? []
      : [
          {
            field: [...field, 'allowOrigins', index],
            why: `is ${JSON.stringify(origin)}, which an HTTPRoute cannot compare with`,
            remedy: 'write exact, with an origin such as https://shop.example.com',
          },
        ],
  );
  const named = {
    allowOrigins: allowOrigins.flatMap((origin) => ('exact' in origin ? [origin.exact] : [])),
    allowMethods: lists.allowMethods ?? [],
    allowHeaders: lists.allowHeaders ?? [],
    exposeHeaders: lists.exposeHeaders ?? [],
  };
  return [
    ...origins,
    ...Object.entries(named).flatMap(([name, values]) => corsListLimits([...field, name], values)),
  ];
}

function corsListLimits(field: Field, values: readonly string[]): readonly Limit[] {
  const isTwice = new Set(values).size < values.length;
  const isAnyAndMore = values.includes('*') && values.length > 1;
  const why = isTwice
    ? 'names something twice'
    : isAnyAndMore
      ? 'holds * beside other entries'
      : `has ${values.length} entries`;
  const remedy = `write each once, * alone, and at most ${CORS_LIST_MAX}`;
  return isTwice || isAnyAndMore || values.length > CORS_LIST_MAX ? [{ field, why, remedy }] : [];
}

function mirrorLimits(mirror: StaticMirror, index: number): readonly Limit[] {
  const field = ['service', 'mirror', index];
  const portless = {
    field: [...field, 'backendRef', 'port'],
    why: `is missing, and Service ${mirror.name} may have several`,
    remedy: 'write the port that is to get the copies',
  };
  const both = {
    field: [...field, 'fraction'],
    why: 'is written beside percent, so the share has two meanings',
    remedy: 'keep one of the two',
  };
  const isService = mirror.group === '' && mirror.kind === 'Service';
  return [
    ...(isService && mirror.port === undefined ? [portless] : []),
    ...(mirror.percent === undefined || mirror.fraction === undefined ? [] : [both]),
  ];
}
