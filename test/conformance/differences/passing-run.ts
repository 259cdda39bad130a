import type { Facts } from '../differences.ts';
import { ANY_INTENT, type Step } from '../history.ts';
import { hooksOf, ladderOf, specOf } from './canary.ts';

/** Nothing in the script is about to fail. */
export function isSteady({ trace: { script } }: Facts): boolean {
  return Object.keys({ ...script.metrics, ...script.webhooks }).length === 0;
}

/** A run by weights that passes, of which the recording knows nothing but how it begins. */
export function passingRun(facts: Facts, first: Step): readonly Step[] {
  const ladder = ladderOf(facts);
  const asked = hooksOf(facts, 'rollout');
  const top = ladder.at(-1) ?? 0;
  const isMirrored = specOf(facts)?.analysis.mirror === true;
  const mirror = { ...stepOf(first, 'Progressing', 0), route: '100/0+mirror' };
  return [
    stepOf(first, 'Progressing', 0),
    ...(isMirrored ? [mirror] : []),
    ...ladder.map((weight, index) =>
      stepOf(first, 'Progressing', weight, index === 0 && !isMirrored ? [] : asked),
    ),
    stepOf(first, 'Promoting', top, asked),
    stepOf(first, 'Finalising', 0),
    stepOf(first, 'Succeeded', 0),
  ];
}

export function stepOf(
  first: Step,
  phase: string,
  weight: number,
  hooks: readonly string[] = [],
): Step {
  const route = `${100 - weight}/${weight}`;
  return { ...first, phase, route, intent: ANY_INTENT, weight, hooks };
}
