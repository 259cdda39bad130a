import type { z } from 'zod';
import { canaryKey } from '../../constructs/canary-spec.ts';
import { cleanManifest } from '../../constructs/workloads.ts';
import { digestOf } from '../core/digest.ts';
import type { Problem } from '../core/errors.ts';
import type { ResolvedCanary } from '../render/resolved-canary.ts';
import { canaryBreaches, CanaryFile, resolveCanary } from './canary/canary.ts';
import type { References } from './canary/references.ts';
import type { SourceObject } from './documents.ts';
import { fieldNames, issueProblems } from './issues.ts';
import { findTarget, readTarget, targetMissing } from './read-target.ts';
import type { ReadCanary } from './source-rules.ts';

interface Reading {
  readonly canary: ReadCanary | undefined;
  /** The target's object, even when the Canary itself cannot be used: it belongs to no one else. */
  readonly target: SourceObject | undefined;
  readonly problems: readonly Problem[];
}

const KNOWN_FIELDS = fieldNames(CanaryFile);

/** One Canary of the source with its target: in order, or everything that is wrong with it. */
export function readCanary(
  object: SourceObject,
  objects: readonly SourceObject[],
  duplicates: ReadonlyMap<SourceObject, Problem>,
  references: References,
): Reading {
  const key = canaryKey({
    namespace: object.manifest.metadata.namespace ?? 'default',
    name: object.manifest.metadata.name,
  });
  const target = findTarget(object, objects);
  const stopped = (problems: readonly Problem[]): Reading => ({
    canary: undefined,
    target,
    problems: problems.map((problem) => ({ ...problem, canary: key })),
  });
  const file = CanaryFile.safeParse(object.manifest);
  const problems = [
    ...writingProblems(object, file.success ? [] : file.error.issues, references),
    ...(target === undefined ? targetMissing(object, duplicates) : []),
  ];
  if (!file.success || target === undefined || problems.length > 0) return stopped(problems);
  const spec = resolveCanary(file.data, references);
  const deployment = readTarget(target);
  if ('problems' in deployment) return stopped(deployment.problems);
  const { manifest } = deployment;
  const canaryManifest = withNamespace(object.manifest, spec.namespace);
  const resolved: ResolvedCanary = {
    key,
    spec,
    canaryManifest,
    target: withNamespace(manifest, spec.namespace),
    selectorLabel: deployment.selectorLabel,
    revision: digestOf(manifest.spec.template),
    writtenIn: [...new Set([object.file, target.file])],
    configDigest: configDigest(canaryManifest, manifest),
  };
  return { canary: { resolved, object }, target, problems: [] };
}

/** What the schema finds and the rules that are broken elsewhere: everything at once. */
function writingProblems(
  { manifest, locate }: SourceObject,
  issues: readonly z.core.$ZodIssue[],
  references: References,
): readonly Problem[] {
  const breaches = canaryBreaches(manifest, references).filter(
    ({ field }) => !issues.some(({ path }) => isPrefix(path, field) || isPrefix(field, path)),
  );
  return [
    ...issueProblems(issues, { input: manifest, known: KNOWN_FIELDS, locate }),
    ...breaches.map(({ field, ...breach }) => ({ ...breach, location: locate(field) })),
  ];
}

function isPrefix(prefix: readonly PropertyKey[], path: readonly PropertyKey[]): boolean {
  return prefix.every((part, index) => path[index] === part);
}

/** What is released is the pod template; everything else is configuration. */
function configDigest(
  canary: ResolvedCanary['canaryManifest'],
  target: ResolvedCanary['target'],
): string {
  const { template: _, ...spec } = target.spec;
  return digestOf([
    cleanManifest(canary),
    cleanManifest({ ...target, spec: { ...spec, template: {} } }),
  ]);
}

function withNamespace<T extends SourceObject['manifest']>(manifest: T, namespace: string): T {
  return { ...manifest, metadata: { ...manifest.metadata, namespace } };
}
