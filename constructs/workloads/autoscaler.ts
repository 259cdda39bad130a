import type { AutoscalerSpec, CanarySpec } from '../canary-spec.ts';
import type { AutoscalerManifest, JsonObject } from '../manifest.ts';
import { cleanManifest } from './clean-manifest.ts';
import { primaryTriggers } from './scaler-queries.ts';
import type { TargetScale } from './workloads.ts';

/** @see https://keda.sh/docs/latest/concepts/scaling-deployments/#pause-autoscaling-with-deployments */
const PAUSED = 'autoscaling.keda.sh/paused-replicas';

type Scaled = Pick<CanarySpec, 'target'> & { readonly autoscaler: Pick<AutoscalerSpec, 'primary'> };

/**
 * The target's autoscaler. A HorizontalPodAutoscaler leaves a workload without replicas alone by
 * itself; a ScaledObject has to be paused.
 */
export function renderAutoscaler(
  autoscaler: AutoscalerManifest,
  scale: TargetScale,
): AutoscalerManifest {
  const clean = cleanManifest(autoscaler);
  if (scale === 'as-written') return clean;
  const floored = { ...clean, spec: withFloor(clean) };
  if (clean.kind === 'HorizontalPodAutoscaler') return floored;
  return scale === 'idle' ? withAnnotation(floored, PAUSED, '0') : unpaused(floored);
}

/** The primary's autoscaler, from the target's as it was released. */
export function renderPrimaryAutoscaler(
  { target, autoscaler: { primary } }: Scaled,
  autoscaler: AutoscalerManifest,
): AutoscalerManifest {
  const { apiVersion, kind, metadata, spec } = unpaused(cleanManifest(autoscaler));
  const isKeda = kind === 'ScaledObject';
  const { namespace, labels, annotations } = metadata;
  const [min, max] = isKeda
    ? (['minReplicaCount', 'maxReplicaCount'] as const)
    : (['minReplicas', 'maxReplicas'] as const);
  const bounded = {
    ...spec,
    ...(primary.minReplicas === undefined ? {} : { [min]: primary.minReplicas }),
    ...(primary.maxReplicas === undefined ? {} : { [max]: primary.maxReplicas }),
  };
  return {
    apiVersion,
    kind,
    metadata: {
      name: `${metadata.name}-primary`,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined || !isKeda ? {} : { annotations }),
    },
    spec: {
      ...withFloor({ kind, spec: bounded }),
      ...ofPrimary(spec, target.name),
      ...(isKeda && spec['triggers'] !== undefined
        ? {
            triggers: primaryTriggers(spec['triggers'], {
              target: target.name,
              queries: primary.queries,
            }),
          }
        : {}),
    },
  };
}

/**
 * A track stands behind a route at any time, and a request to no pod is an error: the least is one
 * pod, where KEDA's own default, and the count it idles at, would be none.
 */
function withFloor({ kind, spec }: Pick<AutoscalerManifest, 'kind' | 'spec'>): JsonObject {
  if (kind === 'HorizontalPodAutoscaler') {
    return spec['minReplicas'] === 0 ? { ...spec, minReplicas: 1 } : spec;
  }
  const { idleReplicaCount: _, ...rest } = spec;
  return { ...rest, minReplicaCount: Math.max(1, Number(spec['minReplicaCount'] ?? 0)) };
}

/** The least that an autoscaler gives; a workload below it has not been scaled yet. */
export function minReplicasOf({ kind, spec }: AutoscalerManifest): number {
  const written = spec[kind === 'ScaledObject' ? 'minReplicaCount' : 'minReplicas'];
  return Math.max(1, typeof written === 'number' ? written : 1);
}

/** KEDA may be told what to call the HorizontalPodAutoscaler that it makes; two cannot have one name. */
function ofPrimary({ scaleTargetRef, advanced }: JsonObject, target: string): JsonObject {
  const reference = { ...(scaleTargetRef as JsonObject), name: `${target}-primary` };
  const { horizontalPodAutoscalerConfig: config, ...rest } = (advanced ?? {}) as JsonObject;
  const { name, ...settings } = (config ?? {}) as JsonObject;
  if (typeof name !== 'string') return { scaleTargetRef: reference };
  const renamed = { ...settings, name: `${name}-primary` };
  return {
    scaleTargetRef: reference,
    advanced: { ...rest, horizontalPodAutoscalerConfig: renamed },
  };
}

function unpaused(autoscaler: AutoscalerManifest): AutoscalerManifest {
  const { annotations = {}, ...metadata } = autoscaler.metadata;
  if (annotations[PAUSED] !== '0') return autoscaler;
  const { [PAUSED]: _, ...others } = annotations;
  const isEmpty = Object.keys(others).length === 0;
  return { ...autoscaler, metadata: { ...metadata, ...(isEmpty ? {} : { annotations: others }) } };
}

function withAnnotation(
  autoscaler: AutoscalerManifest,
  key: string,
  value: string,
): AutoscalerManifest {
  const { metadata } = autoscaler;
  const annotations = { ...metadata.annotations, [key]: value };
  return { ...autoscaler, metadata: { ...metadata, annotations } };
}
