import { generatedObjects } from '../../constructs/traffic/traffic.ts';
import type { CanarySpec } from '../../constructs/canary-spec.ts';
import type { Change } from '../core/decision.ts';
import type { FileChange } from '../core/file-change.ts';
import { leftTwin, othersPath, othersTwin } from '../core/paths.ts';
import type { Files } from './changeset.ts';
import { withPruningOff } from './marks.ts';

/** Whether a change adds an object to a canary's folders, or takes one away from them. */
export function movesObjects(changes: readonly FileChange[], before: Files): boolean {
  return changes.some(
    ({ kind, path }) => othersTwin(path) !== undefined && (kind === 'delete' || !before.has(path)),
  );
}

export interface Neighbours {
  /** What stands beside the canaries of the namespace now, in both trees. */
  readonly carried: Files;
  /** What the source holds, by the path that it would have if it belonged to no canary. */
  readonly wanted: Files;
  /** What the canary leaves to those who are served by it, by the same paths. */
  readonly left?: Files;
}

/** Everything that a decision changes, in its canary's folders and beside them. */
export function withNeighbours(
  spec: CanarySpec,
  { kind }: Change,
  changes: readonly FileChange[],
  neighbours: Neighbours,
): readonly FileChange[] {
  const moved = withMoves(changes, neighbours);
  return kind === 'create-primary'
    ? [...moved, ...keptUntilMoved(spec, neighbours)].toSorted(byPath)
    : moved;
}

/**
 * An object stands in one place of the branch. What a commit adds to a canary's folders leaves the
 * folder of those that belong to no canary, and what it takes away while the source holds it still
 * goes there: in the same commit, so that no agent ever finds it twice, or prunes it in between. It
 * stays in the tree that it stood in, for the same reason.
 */
export function withMoves(
  changes: readonly FileChange[],
  { carried, wanted, left = new Map() }: Neighbours,
): readonly FileChange[] {
  const placed = new Map<string, string>();
  const taken: FileChange[] = [];
  for (const { kind, path } of changes) {
    const home = othersTwin(path);
    if (home === undefined) continue;
    if (kind === 'delete') {
      const text = wanted.get(home) ?? left.get(home);
      const isTraffic = path.startsWith('traffic/');
      if (text !== undefined) placed.set((isTraffic ? leftTwin(home) : home) ?? home, text);
    } else taken.push(...placesOf(home, carried).map(deletion));
  }
  for (const [home, text] of left) {
    const place = leftTwin(home) ?? home;
    const isThere = placesOf(home, carried).length > 0 || placed.has(place);
    if (!isThere && !wanted.has(home)) placed.set(place, text);
  }
  const moves = [...placed].map(([path, text]) => ({ kind: 'write', path, text }) as const);
  return [...changes, ...taken, ...moves].toSorted(byPath);
}

function byPath(a: FileChange, b: FileChange): number {
  return a.path < b.path ? -1 : 1;
}

function deletion(path: string): FileChange {
  return { kind: 'delete', path };
}

function placesOf(home: string, carried: Files): readonly string[] {
  return [home, leftTwin(home) ?? home].filter(
    (path, index, all) => carried.has(path) && all.indexOf(path) === index,
  );
}

/**
 * What a new canary is going to make itself and what stands among the workloads until then: it will move
 * to the traffic, another agent's tree, and must not be pruned by the one that it leaves first.
 */
function keptUntilMoved(spec: CanarySpec, { carried }: Neighbours): readonly FileChange[] {
  const { namespace, target } = spec;
  return generatedObjects(spec).flatMap((object): readonly FileChange[] => {
    const path = othersPath({ ...object, namespace });
    const text = carried.get(path);
    const kept = text === undefined ? undefined : withPruningOff(text, target);
    return kept === undefined || kept === text ? [] : [{ kind: 'write', path, text: kept }];
  });
}
