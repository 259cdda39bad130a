import type { Json, JsonObject } from '../../constructs/manifest.ts';

/**
 * Fields by which requests would go elsewhere, or not at all. Whoever adds one of them to a live
 * route has changed it; any other field that only the live object has is a server's or a
 * neighbour's, and is left to them.
 */
const STEERING = new Set(
  (
    'http tcp tls match matches hosts hostnames gateways exportTo uri path method scheme authority ' +
    'headers withoutHeaders queryParams sourceLabels sourceNamespace port subset ' +
    'delegate directResponse fault filters mirror mirrors redirect'
  ).split(' '),
);

/**
 * The first place at which a live object does not say what was committed; nothing where it does.
 * Lists must have the same entries in the same order, because in a route the order decides.
 */
export function routeDifference(
  committed: JsonObject,
  live: JsonObject,
  path = 'spec',
): string | undefined {
  for (const [name, value] of Object.entries(committed)) {
    if (value === undefined) continue;
    const difference = valueDifference(value, live[name], `${path}.${name}`);
    if (difference !== undefined) return difference;
  }
  const added = Object.keys(live).find(
    (name) => STEERING.has(name) && committed[name] === undefined,
  );
  return added === undefined ? undefined : `${path}.${added} was added`;
}

function valueDifference(
  committed: Json,
  live: Json | undefined,
  path: string,
): string | undefined {
  if (live === undefined) return `${path} is missing`;
  if (isList(committed) && isList(live)) return listDifference(committed, live, path);
  if (isObject(committed) && isObject(live)) return routeDifference(committed, live, path);
  return committed === live
    ? undefined
    : `${path} is ${show(live)}, committed is ${show(committed)}`;
}

function listDifference(
  committed: readonly Json[],
  live: readonly Json[],
  path: string,
): string | undefined {
  if (committed.length !== live.length) {
    return `${path} has ${live.length} entries, committed are ${committed.length}`;
  }
  for (const [index, value] of committed.entries()) {
    const difference = valueDifference(value, live[index], `${path}[${index}]`);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const SHOWN_LENGTH_MAX = 60;

function show(value: Json): string {
  const text = JSON.stringify(value);
  return text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX)}…`;
}
