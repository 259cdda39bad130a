import { z } from 'zod';
import { canaryKey, type CanaryKey } from '../../constructs/canary-spec.ts';
import { selectorLabelOf } from '../../constructs/selector-label.ts';
import { cleanManifest } from '../../constructs/workloads.ts';
import { digestOf } from '../core/digest.ts';
import type { Problem } from '../core/errors.ts';
import type { SecretValues } from '../ports/secret-reader.ts';
import type { SourceFile } from '../ports/source-reader.ts';
import type { ResolvedCanary } from '../render/resolved-canary.ts';
import { canaryBreaches, CanaryFile, resolveCanary } from './canary/canary.ts';
import { TRACK_NAME_MAX } from './canary/fields.ts';
import { DeploymentFile } from './deployment-file.ts';
import { parseSourceFile, type SourceObject } from './documents.ts';
import { byPlace, fieldNames, issueProblems } from './issues.ts';
import { namespaceOf, objectId, unsafeNames } from './object-names.ts';
import { writtenSecrets } from './written-secrets.ts';
import { duplicateObjects, ownershipProblems, type ReadCanary } from './source-rules.ts';

/** What the source says: the canaries that are in order, everything else, and what is wrong. */
export interface LoadedSource {
  readonly canaries: readonly ResolvedCanary[];
  readonly others: readonly OtherManifest[];
  /** Secrets that stand in clear in the source, by `namespace/name`. */
  readonly secrets: ReadonlyMap<string, SecretValues>;
  readonly problems: readonly Problem[];
  /**
   * Every file could be read, and there was one; otherwise nobody may conclude that something was
   * removed.
   */
  readonly complete: boolean;
}

/** A manifest that belongs to no canary. */
export interface OtherManifest {
  /** Absent for cluster-wide objects. */
  readonly namespace: string | undefined;
  readonly kind: string;
  readonly name: string;
  readonly text: string;
}

export interface LoadOptions {
  /** Canaries that the delivery branch knows: in a quarrel over a target the newcomer loses. */
  readonly established: ReadonlySet<CanaryKey>;
}

/** Reads what people wrote: parse, normalize, apply the rules. Every problem at once; never throws. */
export function loadSource(files: readonly SourceFile[], options: LoadOptions): LoadedSource {
  const parsed = files.map(parseSourceFile);
  const syntax = parsed.flatMap(({ problems }) => problems);
  const read = parsed.flatMap(({ objects }) => objects);
  const unsafe = unsafeNames(read);
  const safe = read.filter((object) => !unsafe.has(object));
  const duplicates = duplicateObjects(safe.filter((object) => !isCanary(object)));
  const objects = safe.filter((object) => !duplicates.has(object));
  const written = objects.filter(isCanary);
  const readings = written.map((object) => readCanary(object, objects, duplicates));
  const readable = readings.flatMap(({ canary }) => (canary === undefined ? [] : [canary]));
  const ownership = ownershipProblems(readable, written, objects, options.established);
  const problems = [
    ...syntax,
    ...unsafe.values(),
    ...duplicates.values(),
    ...readings.flatMap(({ problems: own }) => own),
    ...ownership,
    ...(read.length === 0 && syntax.length === 0 ? [emptySource(files)] : []),
  ];
  const refused = new Set(ownership.flatMap(({ canary }) => canary ?? []));
  const targets = new Set(readings.flatMap(({ target }) => target ?? []));
  return {
    canaries: readable.map(({ resolved }) => resolved).filter(({ key }) => !refused.has(key)),
    others: objects.filter((object) => !isCanary(object) && !targets.has(object)).map(otherOf),
    secrets: writtenSecrets(objects),
    problems: problems.toSorted(byPlace),
    complete: read.length > 0 && syntax.length + unsafe.size + duplicates.size === 0,
  };
}

function isCanary({ manifest }: SourceObject): boolean {
  return manifest.kind === 'Canary' && manifest.apiVersion.startsWith('flagger.app/');
}

function otherOf({ manifest, text }: SourceObject): OtherManifest {
  const { kind, metadata } = manifest;
  return { namespace: namespaceOf(manifest), kind, name: metadata.name, text };
}

function emptySource(files: readonly SourceFile[]): Problem {
  return {
    code: 'source-empty',
    message: `the source holds no manifests (${files.length} YAML files below its path)`,
    remedy: 'check the branch and path of the source',
  };
}

interface Reading {
  readonly canary: ReadCanary | undefined;
  /** The target's object, even when the Canary itself cannot be used: it belongs to no one else. */
  readonly target: SourceObject | undefined;
  readonly problems: readonly Problem[];
}

const KNOWN_FIELDS = fieldNames(CanaryFile);

function readCanary(
  object: SourceObject,
  objects: readonly SourceObject[],
  duplicates: ReadonlyMap<SourceObject, Problem>,
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
    ...writingProblems(object, file.success ? [] : file.error.issues),
    ...(target === undefined ? targetMissing(object, duplicates) : []),
  ];
  if (!file.success || target === undefined || problems.length > 0) return stopped(problems);
  const spec = resolveCanary(file.data);
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
    configDigest: configDigest(canaryManifest, manifest),
  };
  return { canary: { resolved, object }, target, problems: [] };
}

/** What the schema finds and the rules that are broken elsewhere: everything at once. */
function writingProblems(
  { manifest, locate }: SourceObject,
  issues: readonly z.core.$ZodIssue[],
): readonly Problem[] {
  const breaches = canaryBreaches(manifest).filter(
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

function targetMissing(
  canary: SourceObject,
  duplicates: ReadonlyMap<SourceObject, Problem>,
): readonly Problem[] {
  const { manifest, locate } = canary;
  const ref = TargetRef.safeParse(manifest);
  if (!ref.success) return [];
  const { name } = ref.data.spec.targetRef;
  const isDuplicate = findTarget(canary, [...duplicates.keys()]) !== undefined;
  const message = isDuplicate
    ? `the target Deployment ${name} is written more than once`
    : `the source holds no Deployment ${name} in namespace ${namespaceOf(manifest)}`;
  const remedy = isDuplicate
    ? 'keep one of them below the source path'
    : 'put the target beside its Canary, or correct spec.targetRef.name';
  const location = locate(['spec', 'targetRef', 'name']);
  return [{ code: 'target-missing', message, remedy, location }];
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

const TargetRef = z.object({ spec: z.object({ targetRef: z.object({ name: z.string() }) }) });

function findTarget(
  canary: SourceObject,
  objects: readonly SourceObject[],
): SourceObject | undefined {
  const ref = TargetRef.safeParse(canary.manifest);
  if (!ref.success) return undefined;
  const namespace = namespaceOf(canary.manifest);
  const wanted = objectId({ kind: 'Deployment', namespace, name: ref.data.spec.targetRef.name });
  return objects.find(({ manifest }) => objectId(namesOf(manifest)) === wanted);
}

function namesOf(manifest: SourceObject['manifest']): Parameters<typeof objectId>[0] {
  const { kind, metadata } = manifest;
  return { kind, namespace: namespaceOf(manifest), name: metadata.name };
}

type Target =
  | {
      readonly manifest: ResolvedCanary['target'];
      readonly selectorLabel: ResolvedCanary['selectorLabel'];
    }
  | { readonly problems: readonly Problem[] };

function readTarget(object: SourceObject): Target {
  const file = DeploymentFile.safeParse(object.manifest);
  if (!file.success) {
    const { locate, manifest: input } = object;
    return { problems: issueProblems(file.error.issues, { input, known: [], locate }) };
  }
  const manifest = file.data as ResolvedCanary['target'];
  const selectorLabel = selectorLabelOf(manifest);
  const podLabels = manifest.spec.template.metadata?.labels ?? {};
  if (selectorLabel !== undefined && podLabels[selectorLabel.key] === selectorLabel.value) {
    return selectorLabel.value.length > TRACK_NAME_MAX
      ? { problems: [labelTooLong(object, selectorLabel)] }
      : { manifest, selectorLabel };
  }
  const location = object.locate(['spec', 'selector', 'matchLabels']);
  const message = `Deployment ${manifest.metadata.name} selects its pods by none of the labels app, name, app.kubernetes.io/name, or its pods do not carry it`;
  const remedy = 'add the label `app` to spec.selector.matchLabels and to the pod template';
  return { problems: [{ code: 'selector-label-missing', message, remedy, location }] };
}

function labelTooLong(
  object: SourceObject,
  { key, value }: ResolvedCanary['selectorLabel'],
): Problem {
  return {
    code: 'invalid-field',
    message: `the label ${key} is ${value}, which is longer than ${TRACK_NAME_MAX} characters`,
    remedy: 'shorten it: the primary carries it with -primary added, and a label ends at 63',
    location: object.locate(['spec', 'selector', 'matchLabels', key]),
  };
}
