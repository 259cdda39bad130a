import { z } from 'zod';
import type { BuiltinMetric } from '../../constructs/canary-spec.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import { show } from './issues.ts';

/** A rule that a written Canary breaks, at a field of it. */
export interface Breach {
  readonly code: ErrorCode;
  readonly field: readonly PropertyKey[];
  readonly message: string;
  readonly remedy: string;
}

const ROUTING_PROVIDERS = ['istio'] as const;
export const BUILTIN_METRICS: readonly BuiltinMetric[] = [
  'request-success-rate',
  'request-duration',
];

/**
 * The fields that rules speak of, each read on its own: a mistake elsewhere in the file must not
 * hide that a rule is broken here.
 */
const Text = z.string().optional().catch(undefined);
const Numeric = z.number().optional().catch(undefined);
const RuleInput = z.object({
  spec: z
    .object({
      provider: Text,
      targetRef: z.object({ apiVersion: z.string(), kind: z.string() }).optional().catch(undefined),
      analysis: z
        .object({
          stepWeight: Numeric,
          stepWeights: z.array(z.number()).optional().catch(undefined),
          maxWeight: Numeric,
          metrics: z
            .array(z.object({ name: Text }).catch({}))
            .catch([])
            .default([]),
          webhooks: z
            .array(z.object({ type: Text }).catch({}))
            .catch([])
            .default([]),
        })
        .optional()
        .catch(undefined),
    })
    .catch({}),
});

type Analysis = NonNullable<z.infer<typeof RuleInput>['spec']['analysis']>;

/** Every rule that a written Canary breaks. */
export function canaryBreaches(manifest: unknown): readonly Breach[] {
  const input = RuleInput.safeParse(manifest);
  if (!input.success) return [];
  const { provider, targetRef, analysis } = input.data.spec;
  return [
    ...providerBreaches(provider),
    ...(targetRef === undefined ? [] : targetBreaches(targetRef)),
    ...(analysis === undefined
      ? []
      : [
          ...ladderBreaches(analysis),
          ...analysis.metrics.flatMap(({ name }, index) => metricBreaches(name, index)),
          ...analysis.webhooks.flatMap(({ type }, index) => webhookBreaches(type, index)),
        ]),
  ];
}

function providerBreaches(provider: string | undefined): readonly Breach[] {
  if (provider === undefined || ROUTING_PROVIDERS.some((known) => known === provider)) return [];
  const field = ['spec', 'provider'];
  const message = `spec.provider is ${show(provider)}, which is not a known routing provider`;
  const remedy = `use one of: ${ROUTING_PROVIDERS.join(', ')}`;
  return [{ code: 'unknown-provider', field, message, remedy }];
}

interface TargetRef {
  readonly apiVersion: string;
  readonly kind: string;
}

function targetBreaches({ apiVersion, kind }: TargetRef): readonly Breach[] {
  if (apiVersion === 'apps/v1' && kind === 'Deployment') return [];
  const field = ['spec', 'targetRef', 'kind'];
  const message = `spec.targetRef is a ${kind} of ${apiVersion}, which cannot be a target yet`;
  const remedy = 'use a Deployment of apps/v1';
  return [{ code: 'unsupported-field', field, message, remedy }];
}

/** Whole weights from 1 to 100 in rising order: any other ladder would get stuck or jump. */
function ladderBreaches({ stepWeight, stepWeights, maxWeight }: Analysis): readonly Breach[] {
  if (stepWeights !== undefined) {
    if (stepWeight !== undefined) {
      const message = 'stepWeight and stepWeights are both written, so the ladder has two meanings';
      return [invalidWeights(['stepWeights'], message, 'keep one of the two')];
    }
    return stepWeights.length === 0
      ? [invalidWeights(['stepWeights'], 'spec.analysis.stepWeights is empty', 'list the weights')]
      : stepWeights.flatMap((weight, index) => listedWeightBreaches(stepWeights, weight, index));
  }
  if (stepWeight === undefined) {
    const message = 'spec.analysis has neither stepWeight nor stepWeights: no traffic would move';
    return [invalidWeights(['stepWeight'], message, 'write spec.analysis.stepWeight')];
  }
  return [
    ...weightBreaches('stepWeight', stepWeight),
    ...(maxWeight === undefined ? [] : weightBreaches('maxWeight', maxWeight)),
  ];
}

function listedWeightBreaches(
  weights: readonly number[],
  weight: number,
  index: number,
): readonly Breach[] {
  const previous = weights[index - 1] ?? 0;
  if (isWeight(weight) && weight > previous) return [];
  const message =
    `spec.analysis.stepWeights[${index}] is ${weight}; ` +
    'weights are whole, 1 to 100, each larger than the one before';
  const remedy = 'list the weights in rising order';
  return [invalidWeights(['stepWeights', index], message, remedy)];
}

function weightBreaches(name: string, value: number): readonly Breach[] {
  if (isWeight(value)) return [];
  const message = `spec.analysis.${name} is ${value}; a weight is whole, 1 to 100`;
  return [invalidWeights([name], message, `write a whole ${name} from 1 to 100`)];
}

function isWeight(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 100;
}

function invalidWeights(field: readonly PropertyKey[], message: string, remedy: string): Breach {
  return { code: 'invalid-weights', field: ['spec', 'analysis', ...field], message, remedy };
}

function metricBreaches(name: string | undefined, index: number): readonly Breach[] {
  if (name === undefined || BUILTIN_METRICS.some((known) => known === name)) return [];
  const field = ['spec', 'analysis', 'metrics', index, 'name'];
  const message = `spec.analysis.metrics[${index}].name is ${show(name)}, which is not a known metric`;
  const remedy = `use one of: ${BUILTIN_METRICS.join(', ')}`;
  return [{ code: 'unknown-metric', field, message, remedy }];
}

function webhookBreaches(type: string | undefined, index: number): readonly Breach[] {
  if (type === undefined || type === '' || type === 'rollout') return [];
  const field = ['spec', 'analysis', 'webhooks', index, 'type'];
  const message = `spec.analysis.webhooks[${index}].type is ${show(type)}, which is not supported yet`;
  return [{ code: 'unsupported-field', field, message, remedy: 'use type rollout' }];
}
