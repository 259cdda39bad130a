import type { Difference, Facts } from '../differences.ts';
import { fields } from '../fields.ts';
import { ANY_INTENT, type History, type Step } from '../history.ts';
import { hooksOf, ladderOf } from './canary.ts';
import { finished } from './steps.ts';

/** Workloads that Flagger cannot copy. */
export const TARGETS: readonly Difference[] = [{ id: 'S10', expect: withServiceCopied }];

/**
 * The copies of a Service carry its cluster addresses, which the API server refuses, so that Flagger
 * never comes beyond the beginning. Nothing is known then of what would have followed but the script.
 */
function withServiceCopied(facts: Facts): History | undefined {
  const { trace, subject, recording } = facts;
  const target = trace.input.find(
    ({ kind, metadata }) => kind === 'Service' && metadata.name === subject.target,
  );
  const [first] = recording.steps;
  const isExternal = fields(target?.['spec'])['externalName'] !== undefined;
  if (subject.targetKind !== 'Service' || isExternal || recording.steps.length > 1)
    return undefined;
  if (first === undefined) return undefined;
  const initialized = stepOf(first, 'Initialized', 0);
  const { actions, metrics, webhooks } = trace.script;
  const isSteady = Object.keys({ ...metrics, ...webhooks }).length === 0;
  if (actions.length === 0) return finished([first, initialized]);
  return isSteady ? finished([first, initialized, ...passingRun(facts, first)]) : undefined;
}

function passingRun(facts: Facts, first: Step): readonly Step[] {
  const ladder = ladderOf(facts);
  const asked = hooksOf(facts, 'rollout');
  const top = ladder.at(-1) ?? 0;
  return [
    stepOf(first, 'Progressing', 0),
    ...ladder.map((weight, index) =>
      stepOf(first, 'Progressing', weight, index === 0 ? [] : asked),
    ),
    stepOf(first, 'Promoting', top, asked),
    stepOf(first, 'Finalising', 0),
    stepOf(first, 'Succeeded', 0),
  ];
}

function stepOf(first: Step, phase: string, weight: number, hooks: readonly string[] = []): Step {
  const route = `${100 - weight}/${weight}`;
  return { ...first, phase, route, intent: ANY_INTENT, weight, hooks };
}
