import { z } from 'zod';

/** One delivery of a file, as if it were the only one. */
export interface SingleDelivery {
  /** Absent where the file has one delivery without a name. */
  readonly name: string | undefined;
  readonly input: unknown;
  /** Where a field of `input` is written. */
  readonly written: (path: readonly PropertyKey[]) => readonly PropertyKey[];
}

const NAME = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/;

const File = z.looseObject({
  deliveries: z
    .array(
      z.looseObject({ name: z.string().regex(NAME, 'use lower case letters, digits and dashes') }),
    )
    .min(1),
});

/** What a delivery may have of its own in place of what stands at the top of the file. */
const OWN = ['source', 'cluster', 'metrics'] as const;

/**
 * Takes a file with `deliveries` apart: each has the fields of a `delivery`, a name, and whatever of
 * source, cluster, agent's objects and metrics is its own. Everything else counts for all of them.
 */
export function singleDeliveries(input: unknown): {
  readonly deliveries: readonly SingleDelivery[];
  readonly issues: readonly z.core.$ZodIssue[];
} {
  if (!isObject(input) || !('deliveries' in input)) {
    return { deliveries: [{ name: undefined, input, written: (path) => path }], issues: [] };
  }
  const file = File.safeParse(input);
  if (!file.success) return { deliveries: [], issues: file.error.issues };
  const { deliveries: items } = file.data;
  const issues: z.core.$ZodIssue[] = [];
  const mistake = (path: PropertyKey[], message: string) =>
    issues.push({ code: 'custom', path, message, input: undefined });
  if ('delivery' in input) mistake(['delivery'], 'it stands beside deliveries: move it there');
  const places = new Map<string, string>();
  for (const [index, item] of items.entries()) {
    if (items.findIndex(({ name }) => name === item.name) < index) {
      mistake(['deliveries', index, 'name'], 'another delivery has this name');
    }
    const place = JSON.stringify([item['repository'], item['branch']]);
    const other = places.get(place);
    if (other !== undefined) {
      mistake(['deliveries', index, 'branch'], `delivery ${other} writes there already`);
    }
    places.set(place, item.name);
  }
  return { deliveries: items.map((item, index) => singleOf(input, item, index)), issues };
}

type Fields = Readonly<Record<string, unknown>>;

function singleOf(file: Fields, item: Fields & { readonly name: string }, index: number) {
  const { name, source, cluster, metrics, sync, ...delivery } = item;
  const { deliveries: _, ...common } = file;
  const own = { source, cluster, metrics };
  const given = OWN.filter((field) => own[field] !== undefined);
  const shared = cluster ?? withLease(common['cluster'], name);
  const input = {
    ...common,
    ...Object.fromEntries(given.map((field) => [field, own[field]])),
    ...(shared === undefined
      ? {}
      : { cluster: isObject(shared) && sync !== undefined ? { ...shared, sync } : shared }),
    delivery,
  };
  const written = ([first = '', ...rest]: readonly PropertyKey[]): readonly PropertyKey[] => {
    if (first === 'delivery') return ['deliveries', index, ...rest];
    if (first === 'cluster' && rest[0] === 'sync' && sync !== undefined) {
      return ['deliveries', index, ...rest];
    }
    const isOwn = given.some((field) => field === first);
    return isOwn ? ['deliveries', index, first, ...rest] : [first, ...rest];
  };
  return { name, input, written };
}

/** Each delivery is led for itself: several engines share them, and one that is ill leaves its own. */
function withLease(cluster: unknown, name: string): unknown {
  if (!isObject(cluster) || !isObject(cluster['lease'])) return cluster;
  const { lease } = cluster;
  return { ...cluster, lease: { ...lease, name: `${String(lease['name'])}-${name}` } };
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
