import { canaryKey, type CanaryKey, type CanarySpec } from '../../constructs/canary-spec.ts';
import { generatedObjects } from '../../constructs/traffic/traffic.ts';
import { primaryName } from '../../constructs/workloads/workloads.ts';
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
  const shared = sharedTargets(canaries, established);
  const losers = new Set(shared.map(({ canary }) => canary));
  const owners = canaries.filter(({ resolved }) => !losers.has(resolved.key));
  return [
    ...writtenTwice(written),
    ...shared,
    ...sharedObjects(owners, established),
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
  const targetOf = ({ namespace, target }: CanarySpec) =>
    `${target.kind} ${namespace}/${target.name}`;
  return rivalries(canaries, established, (spec) => [targetOf(spec)]).map(
    ({ what, owner, rival: { resolved, object } }) => ({
      code: 'target-shared',
      message: `${what} is already the target of Canary ${owner}`,
      remedy: 'give each Canary a target of its own',
      location: object.locate(['spec', 'targetRef', 'name']),
      canary: resolved.key,
    }),
  );
}

/** Two canaries that generate one object: the branch could hold it only once. */
function sharedObjects(
  canaries: readonly ReadCanary[],
  established: ReadonlySet<CanaryKey>,
): readonly Problem[] {
  const seen = new Set<CanaryKey>();
  return rivalries(canaries, established, generatedIds).flatMap(
    ({ what, owner, rival: { resolved, object } }) => {
      if (seen.has(resolved.key)) return [];
      seen.add(resolved.key);
      const [kind, , name] = what.split('/');
      return {
        code: 'object-conflict' as const,
        message: `${kind} ${name} is generated for Canary ${owner} already`,
        remedy: 'give each Canary a spec.service.name of its own',
        location: object.locate(['spec', 'service', 'name']),
        canary: resolved.key,
      };
    },
  );
}

interface Rivalry {
  readonly what: string;
  readonly owner: CanaryKey;
  readonly rival: ReadCanary;
}

/** Everything that several canaries claim; the established one, or the first by name, owns it. */
function rivalries(
  canaries: readonly ReadCanary[],
  established: ReadonlySet<CanaryKey>,
  claims: (spec: CanarySpec) => readonly string[],
): readonly Rivalry[] {
  const ranked = canaries.toSorted(
    ({ resolved: a }, { resolved: b }) =>
      Number(established.has(b.key)) - Number(established.has(a.key)) || (a.key < b.key ? -1 : 1),
  );
  const owners = new Map<string, CanaryKey>();
  return ranked.flatMap((rival) =>
    claims(rival.resolved.spec).flatMap((what) => {
      const owner = owners.get(what);
      if (owner !== undefined && owner !== rival.resolved.key) return { what, owner, rival };
      owners.set(what, rival.resolved.key);
      return [];
    }),
  );
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

function generatedIds(spec: CanarySpec): readonly string[] {
  const { namespace, target, autoscaler } = spec;
  const objects = [
    { kind: target.kind, name: primaryName(target) },
    ...(autoscaler === undefined
      ? []
      : [{ kind: autoscaler.kind, name: `${autoscaler.name}-primary` }]),
    ...generatedObjects(spec),
  ];
  return [...new Set(objects.map(({ kind, name }) => objectId({ kind, namespace, name })))];
}
