import { z } from 'zod';
import type { CanaryKey } from '../../constructs/canary-spec.ts';
import type { ConfigManifest, WorkloadManifest } from '../../constructs/manifest.ts';
import { configCopy } from '../../constructs/workloads/config-copy.ts';
import {
  type ConfigReference,
  configReferences,
  renameConfigs,
} from '../../constructs/workloads/config-references.ts';
import type { Problem } from '../core/errors.ts';
import type { SourceObject } from './documents.ts';
import { issueProblems } from './issues.ts';
import { namespaceOf } from './object-names.ts';
import type { ReadableSource } from './readable-source.ts';

const Values = z.record(z.string(), z.string());

const ConfigFile = z.looseObject({
  apiVersion: z.literal('v1'),
  type: z.string().optional(),
  data: Values.optional(),
  binaryData: Values.optional(),
  stringData: Values.optional(),
});

/** Flagger's way to say that an object is not part of any release; here a target may say it as well. */
export const TRACKING = 'flagger.app/config-tracking';

/** What the pods read of other types was not written for them. Flagger's list. */
const TRACKED_SECRETS = new Set([
  'Opaque',
  'kubernetes.io/basic-auth',
  'kubernetes.io/ssh-auth',
  'kubernetes.io/tls',
]);

/** Put into every namespace by Kubernetes and by Istio. */
const MADE_BY_CLUSTERS = new Set(['kube-root-ca.crt', 'istio-ca-root-cert']);

export interface TrackedConfigs {
  /** The target, reading the copies. */
  readonly manifest: WorkloadManifest;
  readonly configs: readonly ConfigManifest[];
  /** The objects of the source that the copies are made of. */
  readonly copied: readonly SourceObject[];
  readonly problems: readonly Problem[];
}

/**
 * The ConfigMaps and Secrets of the source that the pods of a target read: each becomes a copy whose
 * name follows its content, so that it is released, promoted and rolled back with the pods. A Secret
 * that the source does not hold, or only encrypted, is read as it is in the cluster.
 */
export function trackConfigs(
  target: SourceObject,
  manifest: WorkloadManifest,
  source: ReadableSource,
  owner: CanaryKey,
): TrackedConfigs {
  if (isOptedOut(manifest)) return { manifest, configs: [], copied: [], problems: [] };
  const { template } = manifest.spec;
  const found = new Map<string, Found>();
  const problems: Problem[] = [];
  for (const reference of configReferences(template)) {
    const id = `${reference.kind}/${reference.name}`;
    const known = found.get(id) ?? findConfig(reference, target, source, owner);
    if (!found.has(id)) problems.push(...known.problems);
    found.set(id, known);
    if (known.isMissing && !reference.optional) problems.push(missing(reference, target));
  }
  const nameOf = ({ kind, name }: ConfigReference) =>
    found.get(`${kind}/${name}`)?.copy?.metadata.name ?? name;
  return {
    manifest: {
      ...manifest,
      spec: { ...manifest.spec, template: renameConfigs(template, nameOf) },
    },
    configs: [...found.values()].flatMap(({ copy }) => copy ?? []),
    copied: [...found.values()].flatMap(({ copy, object }) => (copy && object) ?? []),
    problems,
  };
}

interface Found {
  readonly copy?: ConfigManifest;
  readonly object?: SourceObject;
  readonly isMissing?: true;
  readonly problems: readonly Problem[];
}

function findConfig(
  { kind, name }: ConfigReference,
  target: SourceObject,
  source: ReadableSource,
  owner: CanaryKey,
): Found {
  const namespace = namespaceOf(target.manifest);
  const object = source.find({ kind, namespace, name });
  if (object === undefined) {
    return kind === 'Secret' || MADE_BY_CLUSTERS.has(name)
      ? { problems: [] }
      : { isMissing: true, problems: [] };
  }
  const { manifest: input, locate } = object;
  if (isOptedOut(input) || 'sops' in input) return { problems: [] };
  const file = ConfigFile.safeParse(input);
  if (!file.success) {
    return { problems: issueProblems(file.error.issues, { input, known: [], locate }) };
  }
  const config = file.data as ConfigManifest;
  if (kind === 'Secret' && !TRACKED_SECRETS.has(config.type ?? 'Opaque')) return { problems: [] };
  const named = { ...config, metadata: { ...config.metadata, namespace } } as ConfigManifest;
  return { copy: configCopy(named, owner, source.labels.prefixes), object, problems: [] };
}

function isOptedOut({ metadata }: SourceObject['manifest']): boolean {
  return metadata.annotations?.[TRACKING]?.startsWith('disable') === true;
}

function missing({ kind, name, path }: ConfigReference, target: SourceObject): Problem {
  return {
    code: 'configmap-missing',
    message: `the pods read ${kind} ${name}, which the source does not hold in namespace ${namespaceOf(target.manifest)}`,
    remedy: `put it beside the target, mark the reference as optional, or, if the cluster holds it, annotate the target with ${TRACKING}: disabled`,
    location: target.locate(['spec', 'template', ...path]),
  };
}
