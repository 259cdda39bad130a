import { z } from 'zod';
import type { PushBudget } from '../core/push-budget.ts';

const Count = z.number().int();

/** How often a repository may be pushed to; who says nothing gets what its host recommends. */
export const Pushes = z
  .strictObject({ perMinute: Count.min(1), reserved: Count.min(0).optional() })
  .transform(({ perMinute, reserved }, context): PushBudget => {
    if (reserved === undefined) return budgetOf(perMinute);
    if (reserved < perMinute) return { perMinute, reserved };
    const message = `it must leave at least one of ${perMinute} pushes for ordinary steps`;
    context.addIssue({ code: 'custom', message, path: ['reserved'], input: reserved });
    return z.NEVER;
  });

/** A third is kept for rollbacks. */
function budgetOf(perMinute: number): PushBudget {
  return { perMinute, reserved: Math.floor(perMinute / 3) };
}

/**
 * Six pushes a minute and repository are what GitHub recommends; the others set no limit of this
 * kind that one could keep to.
 * @see https://docs.github.com/en/repositories/creating-and-managing-repositories/repository-limits
 */
export function recommendedBudget(host: string): PushBudget | undefined {
  return /(^|\.)(github\.com|ghe\.com)$/i.test(host) ? budgetOf(6) : undefined;
}
