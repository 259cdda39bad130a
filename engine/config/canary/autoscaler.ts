import { z } from 'zod';
import type { AutoscalerSpec } from '../../../constructs/canary-spec.ts';
import { show } from '../issues.ts';
import { type Breach, TrackName } from './fields.ts';

const Replicas = z.number().int().min(1);

/** `spec.autoscalerRef` */
export const AutoscalerRefFile = z.strictObject({
  apiVersion: z.string(),
  kind: z.string(),
  name: TrackName,
  primaryScalerQueries: z.record(z.string(), z.string()).optional(),
  primaryScalerReplicas: z
    .strictObject({ minReplicas: Replicas.optional(), maxReplicas: Replicas.optional() })
    .optional(),
});

/** The versions that API servers still take; which of them a Canary names does not matter. */
export const AUTOSCALER_GROUPS: Readonly<Record<AutoscalerSpec['kind'], RegExp>> = {
  HorizontalPodAutoscaler: /^autoscaling\/v[12]$/,
  ScaledObject: /^keda\.sh\/v1alpha1$/,
};

/** Names the autoscaler; what it scales to is read from the object itself. */
export type AutoscalerReference = Omit<AutoscalerSpec, 'least'>;

export function resolveAutoscalerRef(ref: z.infer<typeof AutoscalerRefFile>): AutoscalerReference {
  const { minReplicas, maxReplicas } = ref.primaryScalerReplicas ?? {};
  const queries = ref.primaryScalerQueries;
  return {
    kind: ref.kind as AutoscalerSpec['kind'],
    name: ref.name,
    primary: {
      ...(minReplicas === undefined ? {} : { minReplicas }),
      ...(maxReplicas === undefined ? {} : { maxReplicas }),
      ...(queries === undefined || Object.keys(queries).length === 0 ? {} : { queries }),
    },
  };
}

export const AutoscalerRefRules = z
  .object({
    kind: z.string(),
    primaryScalerQueries: z.record(z.string(), z.string()).optional().catch(undefined),
    primaryScalerReplicas: z
      .object({ minReplicas: z.number().optional(), maxReplicas: z.number().optional() })
      .optional()
      .catch(undefined),
  })
  .optional()
  .catch(undefined);

export function autoscalerBreaches(
  ref: z.infer<typeof AutoscalerRefRules>,
  targetKind: string | undefined,
): readonly Breach[] {
  if (ref === undefined) return [];
  const { kind, primaryScalerQueries = {}, primaryScalerReplicas = {} } = ref;
  const { minReplicas = 1, maxReplicas = Infinity } = primaryScalerReplicas;
  const known = Object.keys(AUTOSCALER_GROUPS);
  const at = (...field: readonly string[]) => ['spec', 'autoscalerRef', ...field];
  return [
    ...(known.includes(kind)
      ? []
      : [breach(at('kind'), `${show(kind)}, which is no autoscaler`, `use ${known.join(' or ')}`)]),
    ...(targetKind === undefined || targetKind === 'Deployment'
      ? []
      : [breach(at(), `for a ${targetKind}, which has no replicas to scale`, 'remove it')]),
    ...(kind === 'ScaledObject' || Object.keys(primaryScalerQueries).length === 0
      ? []
      : [breach(at('primaryScalerQueries'), `for a ${kind}, which has no queries`, 'remove it')]),
    ...(minReplicas <= maxReplicas
      ? []
      : [
          breach(
            at('primaryScalerReplicas', 'minReplicas'),
            `${minReplicas}, but maxReplicas is ${maxReplicas}`,
            'write a minReplicas that is not above maxReplicas',
          ),
        ]),
  ];
}

function breach(field: readonly string[], what: string, remedy: string): Breach {
  return { code: 'invalid-field', field, message: `${field.join('.')} is ${what}`, remedy };
}
