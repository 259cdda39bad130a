import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { CanaryKey } from '../../constructs/canary-spec.ts';
import {
  CELLS_DEFAULT,
  cellOfBranch,
  fillPattern,
  PLACEHOLDER,
  SHARED_CELL,
} from '../../constructs/cell-names.ts';

/**
 * How the canaries of a delivery target are spread over branches. A cell is one of these branches:
 * a new commit makes the sync agent apply again all that follows its branch, and nothing else.
 */
export type Layout =
  | { readonly kind: 'single'; readonly branch: string }
  /** A branch for each namespace, and one for cluster-wide objects. */
  | { readonly kind: 'namespaces'; readonly pattern: string }
  /** A number of branches, and one for what belongs to no canary. */
  | { readonly kind: 'buckets'; readonly pattern: string; readonly count: number };

/** Reads a branch as an operator writes it: `env/prod`, `delivery/{namespace}`, `delivery/{cell}`. */
export function layoutOf(branch: string, cells: number = CELLS_DEFAULT): Layout {
  const placeholder = PLACEHOLDER.exec(branch)?.[1];
  if (placeholder === undefined) return { kind: 'single', branch };
  return placeholder === 'namespace'
    ? { kind: 'namespaces', pattern: branch }
    : { kind: 'buckets', pattern: branch, count: cells };
}

/** The branch that a canary belongs on. */
export function branchOfCanary(layout: Layout, canary: CanaryKey): string {
  switch (layout.kind) {
    case 'single':
      return layout.branch;
    case 'namespaces':
      return fillPattern(layout.pattern, canary.split('/', 1)[0] ?? '');
    case 'buckets':
      return fillPattern(layout.pattern, String(bucketOf(canary, layout.count)));
  }
}

/** The branch for a manifest that belongs to no canary; without a namespace: of the whole cluster. */
export function branchOfOther(layout: Layout, namespace: string | undefined): string {
  switch (layout.kind) {
    case 'single':
      return layout.branch;
    case 'namespaces':
      return fillPattern(layout.pattern, namespace ?? SHARED_CELL);
    case 'buckets':
      return fillPattern(layout.pattern, SHARED_CELL);
  }
}

/** All branches of a layout; nothing where only the namespaces can tell. */
export function fixedBranches(layout: Layout): readonly string[] | undefined {
  switch (layout.kind) {
    case 'single':
      return [layout.branch];
    case 'namespaces':
      return undefined;
    case 'buckets':
      return [
        ...Array.from({ length: layout.count }, (_, bucket) =>
          fillPattern(layout.pattern, String(bucket)),
        ),
        fillPattern(layout.pattern, SHARED_CELL),
      ];
  }
}

/** What is true of these branches is likely to be true of all of the layout. */
export function exampleBranches(layout: Layout): readonly string[] {
  const shared = branchOfOther(layout, undefined);
  return [...new Set([...(fixedBranches(layout) ?? []).slice(0, 1), shared])];
}

/** Whether a branch can be one of a layout. */
export function isOf(layout: Layout, branch: string): boolean {
  if (layout.kind !== 'namespaces') return fixedBranches(layout)?.includes(branch) === true;
  const cell = cellOfBranch(layout.pattern, branch);
  return cell !== undefined && !cell.includes('/');
}

/**
 * Jump consistent hash: growing from n to m buckets moves the share that it has to, 1 - n/m, and
 * leaves everybody else where they are.
 * @see https://arxiv.org/abs/1406.2294
 */
export function bucketOf(canary: CanaryKey, count: number): number {
  const buckets = BUCKETS.get(count) ?? new Map<CanaryKey, number>();
  BUCKETS.set(count, buckets);
  const known = buckets.get(canary);
  if (known !== undefined) return known;
  const bucket = jumpHash(canary, count);
  buckets.set(canary, bucket);
  return bucket;
}

/** Each pass asks several times for each canary. */
const BUCKETS = new Map<number, Map<CanaryKey, number>>();

function jumpHash(canary: CanaryKey, count: number): number {
  let key = new DataView(sha256(utf8ToBytes(canary)).buffer).getBigUint64(0);
  let bucket = -1;
  for (let next = 0; next < count;) {
    bucket = next;
    key = BigInt.asUintN(64, key * 2_862_933_555_777_941_757n + 1n);
    next = Math.floor(((bucket + 1) * 2 ** 31) / (Number(key >> 33n) + 1));
  }
  return bucket;
}
