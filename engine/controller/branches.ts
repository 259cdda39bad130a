import type { CanaryKey } from '../../constructs/canary-spec.ts';
import { patternPrefix } from '../../constructs/cell-names.ts';
import type { LoadedSource } from '../config/load-source.ts';
import { branchOfCanary, branchOfOther, fixedBranches, isOf, type Layout } from '../core/cells.ts';
import { othersNamespace } from '../core/paths.ts';
import type { Batch, DeliveryBranches, ExistingBranches } from '../ports/delivery-branches.ts';
import type { PublishOutcome, RefreshOutcome } from '../ports/delivery-repository.ts';
import type { EnginePorts } from './engine-ports.ts';
import type { EngineMemory } from './memory.ts';

/** Stands for the branch of a delivery target that has one only. */
const ONLY = '';

/** The ports with which a canary on one of the branches is looked after. */
export function portsOf(ports: EnginePorts, branch: string): EnginePorts {
  const { cells } = ports;
  if (cells === undefined) return ports;
  const { branches, syncOf } = cells;
  return { ...ports, delivery: branches.at(branch), sync: syncOf(branch) };
}

/** Commits for several branches go out in one push. */
export async function publish(
  { delivery, cells }: EnginePorts,
  batches: readonly Batch[],
): Promise<readonly PublishOutcome[]> {
  if (cells !== undefined) return cells.branches.publish(batches);
  return Promise.all(batches.map(({ drafts, onto }) => delivery.publish(drafts, onto)));
}

/** The branches that may hold something. The remote is asked once; others are met on the way. */
export async function knownBranches(
  { cells }: EnginePorts,
  { branches }: EngineMemory,
): Promise<ExistingBranches> {
  if (cells === undefined) return { kind: 'listed', branches: [ONLY] };
  if (branches.size === 0) {
    const found = await branchesOf([cells.layout, ...cells.previous], cells.branches);
    if (found.kind !== 'listed') return found;
    for (const branch of found.branches) branches.add(branch);
  }
  return { kind: 'listed', branches: [...branches] };
}

/** All branches of some layouts, and of those whose namespaces tell, the ones that are there. */
export async function branchesOf(
  layouts: readonly Layout[],
  branches: DeliveryBranches,
): Promise<ExistingBranches> {
  const fixed = layouts.flatMap((layout) => fixedBranches(layout) ?? []);
  const patterns = layouts.flatMap((each) => (each.kind === 'namespaces' ? [each.pattern] : []));
  if (patterns.length === 0) return { kind: 'listed', branches: [...new Set(fixed)] };
  const found = await branches.existing(patterns.map(patternPrefix));
  if (found.kind !== 'listed') return found;
  const own = found.branches.filter((branch) => layouts.some((layout) => isOf(layout, branch)));
  return { kind: 'listed', branches: [...new Set([...fixed, ...own])] };
}

/** The branches that what the source holds belongs on, whether they are there or not. */
export function wantedBranches(
  { cells }: EnginePorts,
  { canaries, others }: LoadedSource,
): ReadonlySet<string> {
  if (cells === undefined) return new Set([ONLY]);
  const { layout } = cells;
  return new Set([
    ...canaries.map(({ key }) => branchOfCanary(layout, key)),
    ...[...others.keys()].map((path) => branchOfOther(layout, othersNamespace(path))),
  ]);
}

/** Where a new canary begins. */
export function homeOf({ cells }: EnginePorts, canary: CanaryKey): string {
  return cells === undefined ? ONLY : branchOfCanary(cells.layout, canary);
}

/** Where a manifest that belongs to no canary is carried over to, by its path. */
export function homeOfOther({ cells }: EnginePorts, path: string): string {
  return cells === undefined ? ONLY : branchOfOther(cells.layout, othersNamespace(path));
}

/** All at the same time: they share one request. */
export async function refreshAll(
  ports: EnginePorts,
  branches: readonly string[],
): Promise<ReadonlyMap<string, string | undefined> | Exclude<RefreshOutcome, { kind: 'fresh' }>> {
  const outcomes = await Promise.all(
    branches.map(
      async (branch) => [branch, await portsOf(ports, branch).delivery.refresh()] as const,
    ),
  );
  const tips = new Map<string, string | undefined>();
  for (const [branch, outcome] of outcomes) {
    if (outcome.kind !== 'fresh') return outcome;
    tips.set(branch, outcome.tip);
  }
  return tips;
}
