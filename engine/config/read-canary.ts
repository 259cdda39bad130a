import type { z } from 'zod';
import { canaryKey, type CanaryKey, type CanarySpec } from '../../constructs/canary-spec.ts';
import type { Manifest, TargetManifest } from '../../constructs/manifest.ts';
import { cleanManifest } from '../../constructs/workloads/clean-manifest.ts';
import { releasedContent, targetOptions } from '../../constructs/workloads/workloads.ts';
import { digestOf } from '../core/digest.ts';
import type { Problem } from '../core/errors.ts';
import type { ResolvedCanary } from '../render/resolved-canary.ts';
import { autoscalerOf, canaryBreaches, CanaryFile, resolveCanary } from './canary/canary.ts';
import { servicePortBreaches } from './canary/service-target.ts';
import type { References } from './canary/references.ts';
import type { SourceObject } from './documents.ts';
import { fieldNames, issueProblems } from './issues.ts';
import type { ReadableSource } from './readable-source.ts';
import { findAutoscaler, readAutoscaler } from './read-autoscaler.ts';
import { findTarget, readTarget, type ReadTarget, targetMissing } from './read-target.ts';
import type { ReadCanary } from './source-rules.ts';
import { trackConfigs, type TrackedConfigs } from './tracked-configs.ts';

interface Reading {
  readonly canary: ReadCanary | undefined;
  /** What belongs to the canary, also when it cannot be used: it is nobody else's. */
  readonly claims: readonly SourceObject[];
  readonly problems: readonly Problem[];
}

const KNOWN_FIELDS = fieldNames(CanaryFile);

/** One Canary of the source with its target: in order, or everything that is wrong with it. */
export function readCanary(object: SourceObject, source: ReadableSource): Reading {
  const { find, references, labels } = source;
  const { manifest: written } = object;
  const { namespace = 'default', name } = written.metadata;
  const key = canaryKey({ namespace, name });
  const target = findTarget(object, find);
  const scaler = findAutoscaler(object, find);
  const claims = [target, scaler].flatMap((claim) => claim ?? []);
  const stopped = (problems: readonly Problem[]): Reading => ({
    canary: undefined,
    claims,
    problems: problems.map((problem) => ({ ...problem, canary: key })),
  });
  const file = CanaryFile.safeParse(written);
  const problems = [
    ...writingProblems(object, file.success ? [] : file.error.issues, references),
    ...(target === undefined ? targetMissing(object, source.findDuplicate) : []),
  ];
  if (!file.success || target === undefined || problems.length > 0) return stopped(problems);
  const spec = resolveCanary(file.data, references);
  const read = readTarget(target, spec.target.kind, labels);
  const reference = autoscalerOf(file.data);
  const scaling = reference && readAutoscaler(object, scaler, reference, spec);
  const misread = [read, scaling].flatMap((each) =>
    each && 'problems' in each ? each.problems : [],
  );
  const released = 'problems' in read ? undefined : withConfigs(read, target, source, key);
  const wrong = [
    ...misread,
    ...('problems' in read ? [] : portProblems(object, read, file.data)),
    ...(released?.problems ?? []),
  ];
  if ('problems' in read || released === undefined || wrong.length > 0) return stopped(wrong);
  const canaryManifest = withNamespace(written, namespace);
  const resolved: ResolvedCanary = {
    key,
    canaryManifest,
    written: withNamespace(read.manifest, namespace),
    target: withNamespace(released.manifest, namespace),
    configs: released.configs,
    selectorLabel: read.selectorLabel,
    labelPrefixes: labels.prefixes,
    revision: digestOf(releasedContent(released.manifest)),
    writtenIn: filesOf([object, ...claims, ...released.copied]),
    ...optionsOf(spec, canaryManifest, released.manifest, scaling),
  };
  return { canary: { resolved, object }, claims, problems: [] };
}

/** Everything that the source says of a canary beside what it releases. */
function optionsOf(
  spec: CanarySpec,
  canary: Manifest,
  target: TargetManifest,
  scaling: ReturnType<typeof readAutoscaler> | undefined,
): Pick<ResolvedCanary, 'spec' | 'autoscaler' | 'configDigest'> {
  const options = [cleanManifest(canary), targetOptions(target)];
  if (scaling === undefined || 'problems' in scaling) {
    return { spec, configDigest: digestOf(options) };
  }
  const { manifest: autoscaler } = scaling;
  return {
    spec: { ...spec, autoscaler: scaling.spec },
    autoscaler,
    configDigest: digestOf([...options, cleanManifest(autoscaler)]),
  };
}

type WithConfigs = Omit<TrackedConfigs, 'manifest'> & { readonly manifest: TargetManifest };

function withConfigs(
  { manifest }: ReadTarget,
  target: SourceObject,
  source: ReadableSource,
  key: CanaryKey,
): WithConfigs {
  return manifest.kind === 'Service'
    ? { manifest, configs: [], copied: [], problems: [] }
    : trackConfigs(target, manifest, source, key);
}

function portProblems(
  { locate }: SourceObject,
  { manifest }: ReadTarget,
  { spec }: CanaryFile,
): readonly Problem[] {
  if (manifest.kind !== 'Service') return [];
  const breaches = servicePortBreaches(manifest, spec.service);
  return breaches.map(({ field, ...breach }) => ({ ...breach, location: locate(field) }));
}

function filesOf(objects: readonly SourceObject[]): readonly string[] {
  return [...new Set(objects.map(({ file }) => file))];
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

function withNamespace<T extends SourceObject['manifest']>(manifest: T, namespace: string): T {
  return { ...manifest, metadata: { ...manifest.metadata, namespace } };
}
