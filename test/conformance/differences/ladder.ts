import { z } from 'zod';
import type { Facts } from '../differences.ts';

const Analysis = z.looseObject({
  stepWeight: z.number().default(0),
  maxWeight: z.number().default(100),
  stepWeights: z.array(z.number()).optional(),
});

/** The weights of a canary in their order, as its Canary says them to begin with. */
export function ladderOf({ trace, subject }: Facts): readonly number[] {
  const canary = trace.input.find(
    ({ kind, metadata }) => kind === 'Canary' && metadata.name === subject.name,
  );
  const { analysis } = (canary?.['spec'] ?? {}) as { readonly analysis?: unknown };
  const parsed = Analysis.safeParse(analysis);
  if (!parsed.success) return [];
  const { stepWeight, maxWeight, stepWeights } = parsed.data;
  if (stepWeights !== undefined) return stepWeights;
  const weights: number[] = [];
  for (let weight = 0; stepWeight > 0 && weight < maxWeight;) {
    weight = Math.min(100, weight + stepWeight);
    weights.push(weight);
  }
  return weights;
}
