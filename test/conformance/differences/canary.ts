import { z } from 'zod';
import type { Facts } from '../differences.ts';
import { firstObjects } from '../recorded.ts';

const Match = z.looseObject({
  headers: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  queryParams: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});

const Metric = z.looseObject({
  name: z.string(),
  query: z.string().default(''),
  templateRef: z.looseObject({ name: z.string() }).optional(),
});

/** A Canary as it was written to begin with. */
const Spec = z.looseObject({
  provider: z.string().default('istio'),
  progressDeadlineSeconds: z.number().default(600),
  service: z.looseObject({ gatewayRefs: z.array(z.unknown()).default([]) }).prefault({}),
  analysis: z.looseObject({
    mirror: z.boolean().default(false),
    match: z.array(Match).default([]),
    threshold: z.number().default(1),
    stepWeight: z.number().optional(),
    maxWeight: z.number().optional(),
    stepWeights: z.array(z.number()).optional(),
    iterations: z.number().default(0),
    metrics: z.array(Metric).default([]),
    webhooks: z
      .array(z.looseObject({ name: z.string(), type: z.string().default('') }))
      .default([]),
  }),
});

export type WrittenSpec = z.infer<typeof Spec>;

/** Nothing where it cannot be read: then nobody can do anything with it. */
export function specOf({ trace, subject }: Facts): WrittenSpec | undefined {
  const canary = firstObjects(trace).find(
    ({ kind, metadata }) => kind === 'Canary' && metadata.name === subject.name,
  );
  return Spec.safeParse(canary?.['spec']).data;
}

export function thresholdOf(facts: Facts): number {
  const threshold = specOf(facts)?.analysis.threshold ?? 1;
  return threshold > 0 ? threshold : 1;
}

/** Names of the hooks of a type, in their order. */
export function hooksOf(facts: Facts, type: string): readonly string[] {
  const webhooks = specOf(facts)?.analysis.webhooks ?? [];
  return webhooks.filter((hook) => (hook.type || 'rollout') === type).map(({ name }) => name);
}

/** The weights of a canary in their order. */
export function ladderOf(facts: Facts): readonly number[] {
  const { stepWeight = 0, maxWeight = 100, stepWeights } = specOf(facts)?.analysis ?? {};
  if (stepWeights !== undefined) return stepWeights;
  const weights: number[] = [];
  for (let weight = 0; stepWeight > 0 && weight < maxWeight;) {
    weight = Math.min(100, weight + stepWeight);
    weights.push(weight);
  }
  return weights;
}
