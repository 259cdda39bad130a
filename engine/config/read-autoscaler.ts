import { z } from 'zod';
import type { AutoscalerSpec, CanarySpec } from '../../constructs/canary-spec.ts';
import type { AutoscalerManifest } from '../../constructs/manifest.ts';
import {
  minReplicasOf,
  renderAutoscaler,
  renderPrimaryAutoscaler,
} from '../../constructs/workloads/autoscaler.ts';
import type { Problem } from '../core/errors.ts';
import { AUTOSCALER_GROUPS, type AutoscalerReference } from './canary/autoscaler.ts';
import type { SourceObject } from './documents.ts';
import { issueProblems } from './issues.ts';
import type { FindObject } from './object-index.ts';
import { namespaceOf } from './object-names.ts';
import type { ReadCanary } from './source-rules.ts';

const Count = z.number().int().min(0).optional();

const ScaleTarget = z.looseObject({ kind: z.string().optional(), name: z.string() });

const AutoscalerFile = z.looseObject({
  spec: z.looseObject({
    scaleTargetRef: ScaleTarget,
    minReplicas: Count,
    maxReplicas: Count,
    minReplicaCount: Count,
    maxReplicaCount: Count,
    triggers: z.array(z.looseObject({})).optional(),
  }),
});

/** Read on its own: a mistake elsewhere in the Canary must not make its autoscaler anybody's. */
const AutoscalerRef = z.object({
  spec: z.object({ autoscalerRef: z.object({ kind: z.string(), name: z.string() }) }),
});

/** The object that a Canary names as its autoscaler. */
export function findAutoscaler(canary: SourceObject, find: FindObject): SourceObject | undefined {
  const ref = AutoscalerRef.safeParse(canary.manifest).data?.spec.autoscalerRef;
  if (ref === undefined || !Object.hasOwn(AUTOSCALER_GROUPS, ref.kind)) return undefined;
  return find({ kind: ref.kind, name: ref.name, namespace: namespaceOf(canary.manifest) });
}

export interface ReadAutoscaler {
  readonly manifest: AutoscalerManifest;
  readonly spec: AutoscalerSpec;
}

/** The autoscaler that a Canary names, or what is wrong with it. */
export function readAutoscaler(
  canary: SourceObject,
  object: SourceObject | undefined,
  reference: AutoscalerReference,
  { namespace, target }: Pick<CanarySpec, 'namespace' | 'target'>,
): ReadAutoscaler | { readonly problems: readonly Problem[] } {
  const { kind, name } = reference;
  const place = canary.locate(['spec', 'autoscalerRef', 'name']);
  const unusable = (message: string, remedy: string, location = place) => ({
    problems: [{ code: 'autoscaler-unusable' as const, message, remedy, location }],
  });
  if (object === undefined) {
    const message = `the source holds no ${kind} ${name} in namespace ${namespace}`;
    return unusable(message, 'put it beside the target, or correct spec.autoscalerRef');
  }
  const { manifest: input, locate } = object;
  if (!AUTOSCALER_GROUPS[kind].test(input.apiVersion)) {
    const message = `${kind} ${name} is of ${input.apiVersion}, which no API server takes any more`;
    return unusable(message, 'write it for a newer version', locate(['apiVersion']));
  }
  const file = AutoscalerFile.safeParse(input);
  if (!file.success) {
    return { problems: issueProblems(file.error.issues, { input, known: [], locate }) };
  }
  const { scaleTargetRef } = file.data.spec;
  const scaled = `${scaleTargetRef.kind ?? 'Deployment'} ${scaleTargetRef.name}`;
  if (scaled !== `${target.kind} ${target.name}`) {
    const message = `${kind} ${name} scales ${scaled}, but the target is ${target.kind} ${target.name}`;
    return unusable(message, 'name the target there', locate(['spec', 'scaleTargetRef', 'name']));
  }
  const manifest = { ...input, metadata: { ...input.metadata, namespace } } as AutoscalerManifest;
  const least = { primary: 1, canary: minReplicasOf(renderAutoscaler(manifest, 'running')) };
  const spec = { ...reference, least };
  const ofPrimary = renderPrimaryAutoscaler({ target, autoscaler: spec }, manifest);
  return {
    manifest,
    spec: { ...spec, least: { ...least, primary: minReplicasOf(ofPrimary) } },
  };
}

/**
 * Autoscalers that scale a canary's target without being named by it: they and the committed replicas
 * would undo each other.
 */
export function strayAutoscalers(
  objects: readonly SourceObject[],
  canaries: readonly ReadCanary[],
): readonly Problem[] {
  const owners = new Map(
    canaries.flatMap((canary) => {
      const { namespace, target } = canary.resolved.spec;
      return target.kind === 'Deployment' ? [[`${namespace}/${target.name}`, canary] as const] : [];
    }),
  );
  return objects.flatMap(({ manifest, locate }) => {
    if (!Object.hasOwn(AUTOSCALER_GROUPS, manifest.kind)) return [];
    const file = AutoscalerFile.safeParse(manifest);
    if (!file.success) return [];
    const { kind = 'Deployment', name } = file.data.spec.scaleTargetRef;
    const owner = owners.get(`${namespaceOf(manifest)}/${name}`);
    if (kind !== 'Deployment' || owner === undefined) return [];
    const { key, spec } = owner.resolved;
    const { autoscaler } = spec;
    const own = manifest.metadata.name;
    if (autoscaler?.kind === manifest.kind && autoscaler.name === own) return [];
    return [
      {
        code: 'autoscaler-unusable' as const,
        message: `${manifest.kind} ${own} scales ${kind} ${name}, but Canary ${key} does not name it, and would commit replicas against it`,
        remedy: `name it in spec.autoscalerRef of Canary ${key}`,
        location: locate(['spec', 'scaleTargetRef', 'name']),
        canary: key,
      },
    ];
  });
}
