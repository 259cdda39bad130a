import { canaryKey, type CanaryKey } from '../../constructs/canary-spec.ts';
import { generatedObjects } from '../../constructs/traffic/traffic.ts';
import type { Problem } from '../core/errors.ts';
import type { ResolvedCanary } from '../render/resolved-canary.ts';
import type { SourceObject } from './documents.ts';
import { namespaceOf, objectId } from './object-names.ts';

export interface ReadCanary {
  readonly resolved: ResolvedCanary;
  readonly object: SourceObject;
}

/**
 * Objects that are written more than once: nobody can say which of them is meant, so none is. A
 * Canary that is written twice has a rule of its own.
 */
export function duplicateObjects(
  objects: readonly SourceObject[],
): ReadonlyMap<SourceObject, Problem> {
  const byId = Map.groupBy(objects, ({ manifest }) => {
    const { kind, metadata } = manifest;
    return objectId({ kind, namespace: namespaceOf(manifest), name: metadata.name });
  });
  const duplicates = [...byId.values()].filter((same) => same.length > 1);
  return new Map(
    duplicates.flatMap((same) => {
      const files = same.map(({ file }) => file).join(', ');
      return same.map((object) => {
        const { kind, metadata } = object.manifest;
        const problem: Problem = {
          code: 'object-duplicate',
          message: `${kind} ${metadata.name} is written ${same.length} times: ${files}`,
          remedy: 'keep one of them below the source path',
          location: object.locate(['metadata', 'name']),
        };
        return [object, problem] as const;
      });
    }),
  );
}

/** Rules that concern several objects: each stops only the canaries that it names. */
export function ownershipProblems(
  canaries: readonly ReadCanary[],
  written: readonly SourceObject[],
  objects: readonly SourceObject[],
  established: ReadonlySet<CanaryKey>,
): readonly Problem[] {
  return [
    ...writtenTwice(written),
    ...sharedTargets(canaries, established),
    ...conflictingObjects(canaries, objects),
  ];
}

function writtenTwice(written: readonly SourceObject[]): readonly Problem[] {
  const byKey = Map.groupBy(written, ({ manifest: { metadata } }) =>
    canaryKey({ namespace: metadata.namespace ?? 'default', name: metadata.name }),
  );
  return [...byKey].flatMap(([canary, objects]) =>
    objects.length < 2
      ? []
      : objects.map((object) => ({
          code: 'canary-duplicate' as const,
          message: `Canary ${canary} is written ${objects.length} times`,
          remedy: 'keep one of them',
          location: object.locate(['metadata', 'name']),
          canary,
        })),
  );
}

/** Two canaries on one target would undo each other's commits; the established one keeps it. */
function sharedTargets(
  canaries: readonly ReadCanary[],
  established: ReadonlySet<CanaryKey>,
): readonly Problem[] {
  const byTarget = Map.groupBy(
    canaries,
    ({ resolved: { spec } }) => `${spec.namespace}/${spec.target.name}`,
  );
  return [...byTarget].flatMap(([target, rivals]) => {
    const [owner, ...others] = rivals.toSorted(
      (a, b) =>
        Number(established.has(b.resolved.key)) - Number(established.has(a.resolved.key)) ||
        (a.resolved.key < b.resolved.key ? -1 : 1),
    );
    return others.map(({ resolved, object }) => ({
      code: 'target-shared' as const,
      message: `Deployment ${target} is already the target of Canary ${owner?.resolved.key}`,
      remedy: 'give each Canary a target of its own',
      location: object.locate(['spec', 'targetRef', 'name']),
      canary: resolved.key,
    }));
  });
}

/** Objects that Serin generates must not stand in the source as well: one of the two would lose. */
function conflictingObjects(
  canaries: readonly ReadCanary[],
  objects: readonly SourceObject[],
): readonly Problem[] {
  const byId = new Map(
    objects.map((object) => {
      const { manifest } = object;
      const namespace = namespaceOf(manifest);
      return [objectId({ kind: manifest.kind, namespace, name: manifest.metadata.name }), object];
    }),
  );
  return canaries.flatMap(({ resolved: { key, spec } }) =>
    generatedIds(spec).flatMap((id) => {
      const object = byId.get(id);
      if (object === undefined) return [];
      const { kind, metadata } = object.manifest;
      return [
        {
          code: 'object-conflict' as const,
          message: `${kind} ${metadata.name} is generated for Canary ${key}, but the source holds one as well`,
          remedy: `remove ${kind} ${metadata.name} from the source`,
          location: object.locate(['metadata', 'name']),
          canary: key,
        },
      ];
    }),
  );
}

function generatedIds(spec: ResolvedCanary['spec']): readonly string[] {
  const { namespace, target } = spec;
  const objects = [
    { kind: 'Deployment', name: `${target.name}-primary` },
    ...generatedObjects(spec),
  ];
  return objects.map(({ kind, name }) => objectId({ kind, namespace, name }));
}
