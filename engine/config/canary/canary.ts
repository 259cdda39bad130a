import { z } from 'zod';
import { type CanarySpec, GATES_ANNOTATION } from '../../../constructs/canary-spec.ts';
import { assertInvariant } from '../../core/errors.ts';
import {
  autoscalerBreaches,
  type AutoscalerReference,
  AutoscalerRefFile,
  AutoscalerRefRules,
  resolveAutoscalerRef,
} from './autoscaler.ts';
import { analysisBreaches, AnalysisFile, AnalysisRules, resolveAnalysis } from './analysis.ts';
import { type Breach, DnsLabel, RuleText, unsupported } from './fields.ts';
import { findProvider, providerBreaches } from './provider.ts';
import { querySubject } from './query-subject.ts';
import { GatesText } from './gates.ts';
import type { References } from './references.ts';
import { routingBreaches } from './routing.ts';
import { resolveService, ServiceFile } from './service.ts';
import { OwnServiceRules, serviceTargetBreaches } from './service-target.ts';
import { resolveTargetRef, targetBreaches, TargetRefFile, TargetRefRules } from './target-ref.ts';

/**
 * A Flagger Canary as people write it. What Flagger knows and Serin does not act on is refused by
 * name, because silence would be the worst answer; values that change nothing are accepted.
 */
export const CanaryFile = z.strictObject({
  apiVersion: z.literal('flagger.app/v1beta1'),
  kind: z.literal('Canary'),
  metadata: z.looseObject({
    name: DnsLabel,
    namespace: DnsLabel.optional(),
    annotations: z.looseObject({ [GATES_ANNOTATION]: GatesText.optional() }).optional(),
  }),
  status: z.unknown().optional(),
  spec: z.strictObject({
    provider: z.string().optional(),
    targetRef: TargetRefFile,
    progressDeadlineSeconds: z.number().int().min(1).optional(),
    service: ServiceFile,
    analysis: AnalysisFile,
    autoscalerRef: AutoscalerRefFile.optional(),
    ingressRef: unsupported(),
    metricsServer: z.url({ protocol: /^https?$/ }).optional(),
    // Whoever takes a Canary away leaves nobody without a ready pod, with or without it.
    revertOnDeletion: z.boolean().optional(),
    routeRef: unsupported(),
    skipAnalysis: z.boolean().optional(),
    suspend: z.boolean().optional(),
    upstreamRef: unsupported(),
  }),
});

export type CanaryFile = z.infer<typeof CanaryFile>;

const DEFAULT_PROGRESS_DEADLINE_SECONDS = 600;

/** A written Canary that breaks no rule, with every default filled in. */
export function resolveCanary(file: CanaryFile, references: References): CanarySpec {
  const { metadata, spec } = file;
  const subject = querySubject(file);
  const provider = findProvider(spec.provider);
  assertInvariant(provider !== undefined, `no rule refused the provider ${spec.provider}`);
  return {
    namespace: subject.namespace,
    name: metadata.name,
    provider,
    target: resolveTargetRef(spec.targetRef),
    service: resolveService(spec.service, spec.targetRef.name, provider),
    analysis: resolveAnalysis(spec.analysis, subject, references),
    progressDeadlineSeconds: spec.progressDeadlineSeconds ?? DEFAULT_PROGRESS_DEADLINE_SECONDS,
    ...(spec.metricsServer === undefined ? {} : { metricsServer: spec.metricsServer }),
    skipAnalysis: spec.skipAnalysis ?? false,
    suspend: spec.suspend ?? false,
    gates: metadata.annotations?.[GATES_ANNOTATION] ?? [],
  };
}

/** What a Canary names as its autoscaler; the object itself is read apart. */
export function autoscalerOf({ spec }: CanaryFile): AutoscalerReference | undefined {
  return spec.autoscalerRef && resolveAutoscalerRef(spec.autoscalerRef);
}

const CanaryRules = z.object({
  spec: z
    .object({
      provider: RuleText,
      targetRef: TargetRefRules,
      autoscalerRef: AutoscalerRefRules,
      service: OwnServiceRules,
      analysis: AnalysisRules.optional().catch(undefined),
    })
    .catch({}),
});

/** Every rule that a written Canary breaks. */
export function canaryBreaches(manifest: unknown, references: References): readonly Breach[] {
  const input = CanaryRules.safeParse(manifest);
  if (!input.success) return [];
  const subject = querySubject(manifest);
  const { provider, targetRef, autoscalerRef, service, analysis } = input.data.spec;
  return [
    ...providerBreaches(provider),
    ...(targetRef === undefined ? [] : targetBreaches(targetRef)),
    ...serviceTargetBreaches(targetRef, service),
    ...autoscalerBreaches(autoscalerRef, targetRef?.kind),
    ...(analysis === undefined ? [] : analysisBreaches(analysis, subject, references)),
    ...routingBreaches(manifest),
  ];
}
