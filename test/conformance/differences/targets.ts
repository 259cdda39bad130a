import type { Difference, Facts } from '../differences.ts';
import { fields } from '../fields.ts';
import type { History } from '../history.ts';
import { isSteady, passingRun, stepOf } from './passing-run.ts';
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
  if (trace.script.actions.length === 0) return finished([first, initialized]);
  return isSteady(facts) ? finished([first, initialized, ...passingRun(facts, first)]) : undefined;
}
