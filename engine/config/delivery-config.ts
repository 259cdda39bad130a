import { z } from 'zod';
import { CELLS_MAX, PLACEHOLDER } from '../../constructs/cell-names.ts';
import { Pushes } from './pushes.ts';

const Text = z.string().min(1);

/** The objects of the agent that apply a branch: Kustomizations or Applications. */
export const Sync = z.discriminatedUnion(
  'agent',
  [
    z.strictObject({
      agent: z.literal('flux'),
      namespace: Text.default('flux-system'),
      workloads: Text,
      traffic: Text,
      routes: Text.optional(),
    }),
    z.strictObject({
      agent: z.literal('argocd'),
      namespace: Text.default('argocd'),
      workloads: Text,
      traffic: Text,
      routes: Text.optional(),
    }),
  ],
  { error: 'use one of: flux, argocd' },
);

const CellCount = z.int().min(1).max(CELLS_MAX);

/** Branches that canaries are moved away from, and the agent's objects that still apply them. */
const Previous = z.strictObject({
  branch: Text,
  cells: CellCount.optional(),
  sync: Sync.optional(),
});

export const Delivery = z.strictObject({
  repository: Text,
  branch: Text,
  cells: CellCount.optional(),
  previous: z.array(Previous).default([]),
  edits: z.enum(['hold', 'heal']).optional(),
  pushes: Pushes.optional(),
  credentials: Text.optional(),
});

interface Trouble {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

type Sync = z.infer<typeof Sync>;

interface Branches {
  readonly branch: string;
  readonly cells?: number | undefined;
}

/** What the fields of a delivery say of each other; `sync` where a real cluster is watched. */
export function deliveryTroubles(
  delivery: z.infer<typeof Delivery>,
  sync: Sync | undefined,
): readonly Trouble[] {
  const previous = delivery.previous.flatMap((each, index) => {
    const path = ['delivery', 'previous', index];
    const isUnwatched = sync !== undefined && each.sync === undefined;
    return [
      ...patternTroubles(each, path),
      ...syncTroubles(each, each.sync, [...path, 'sync']),
      ...(isUnwatched
        ? [{ path: [...path, 'sync'], message: 'name the objects that apply this branch' }]
        : []),
    ];
  });
  return [
    ...patternTroubles(delivery, ['delivery']),
    ...syncTroubles(delivery, sync, ['cluster', 'sync']),
    ...previous,
  ];
}

function patternTroubles({ branch, cells }: Branches, path: readonly PropertyKey[]): Trouble[] {
  const braces = branch.match(/\{[^}]*\}?/g) ?? [];
  const strange = braces.find((each) => !PLACEHOLDER.test(each));
  if (strange !== undefined) {
    const message = `${strange} is no placeholder: use {namespace} or {cell}`;
    return [{ path: [...path, 'branch'], message }];
  }
  if (braces.length > 1) {
    return [{ path: [...path, 'branch'], message: 'it has more than one placeholder' }];
  }
  if (cells === undefined || braces[0] === '{cell}') return [];
  const message = `it counts the branches of a pattern with {cell}, and the branch is ${branch}`;
  return [{ path: [...path, 'cells'], message }];
}

/** Each branch has objects of its own: their names must tell them apart. */
function syncTroubles(
  { branch }: Branches,
  sync: Sync | undefined,
  path: readonly PropertyKey[],
): Trouble[] {
  if (sync === undefined) return [];
  const wanted = PLACEHOLDER.exec(branch)?.[0];
  const { workloads, traffic, routes } = sync;
  return Object.entries({ workloads, traffic, routes }).flatMap(([field, name]) => {
    if (name === undefined || PLACEHOLDER.exec(name)?.[0] === wanted) return [];
    const message =
      wanted === undefined
        ? `it has a placeholder, and the branch ${branch} has none`
        : `each branch of ${branch} has objects of its own: write ${wanted} into the name`;
    return [{ path: [...path, field], message }];
  });
}
