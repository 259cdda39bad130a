import type { Difference, Facts } from '../differences.ts';
import { type Fields, fields } from '../fields.ts';
import type { History, Step } from '../history.ts';
import { ladderOf } from './canary.ts';
import { endedAfter, runAt, withCanaryWeight } from './steps.ts';

/** What people and the cluster do beside the engine. */
export const WORLD: readonly Difference[] = [
  {
    id: 'R5',
    expect({ recording }) {
      const [first] = [...recording.withoutPod].toSorted((a, b) => a - b);
      return first === undefined ? undefined : endedAfter(recording, first, 'Failed');
    },
  },
  {
    id: 'R15',
    expect({ trace, recording, subject }) {
      const deleted = trace.script.actions.findIndex(
        (action) => action.do === 'delete' && action.name === `${subject.target}-primary`,
      );
      const at = recording.acts[deleted];
      const before = at === undefined ? undefined : recording.steps[at];
      if (at === undefined || before === undefined || before.primary === '') return undefined;
      const promotedAt = recording.steps.findIndex(
        ({ phase }, index) => index > at && phase === 'Promoting',
      );
      const steps = recording.steps.map((step, index) =>
        index > at && (promotedAt < 0 || index < promotedAt)
          ? { ...step, primary: before.primary }
          : step,
      );
      return { ...recording, steps };
    },
  },
  { id: 'R35', expect: withCommittedWeights },
  { id: 'R7', expect: withWeightsKept },
];

/**
 * A change of the routes' other fields in mid-run: Flagger writes them with all traffic on the
 * primary and climbs again, or, where the strategy has no weights, with the next step.
 */
function withWeightsKept({ trace, recording }: Facts): History | undefined {
  const edited = trace.script.actions.findIndex(
    (action) => action.do === 'patch' && action.kind === 'Canary' && isOfService(action.patch),
  );
  const at = recording.acts[edited];
  const before = at === undefined ? undefined : recording.steps[at];
  const run = at === undefined ? undefined : runAt(recording, at);
  const next = at === undefined ? undefined : recording.steps[at + 1];
  if (at === undefined || before === undefined || run === undefined) return undefined;
  if (next === undefined || next.intent === before.intent) return undefined;
  const isReset = before.weight > 0 && next.weight < before.weight && next.phase === before.phase;
  const again = recording.steps.findIndex(
    ({ route, phase }, index) =>
      index > at && index < run.to && route === before.route && phase === before.phase,
  );
  if (isReset && again < 0) return undefined;
  const { intent } = isReset ? (recording.steps[again] ?? next) : next;
  const reconciled: Step = { ...before, intent, hooks: [] };
  const rest = recording.steps.slice(isReset ? again + 1 : at + 1);
  const steps = [...recording.steps.slice(0, at + 1), reconciled, ...rest];
  return { ...recording, steps, events: [] };
}

function isOfService(patch: Fields): boolean {
  return fields(patch['spec'])['service'] !== undefined;
}

/** Somebody's weights are put back by the agent; the run goes on from the committed ones. */
function withCommittedWeights(facts: Facts): History | undefined {
  const { trace, recording } = facts;
  const edited = trace.script.actions.findIndex((action) => action.do === 'vsweights');
  const at = recording.acts[edited];
  const before = at === undefined ? undefined : recording.steps[at];
  const run = at === undefined ? undefined : runAt(recording, at);
  if (at === undefined || before === undefined || run === undefined) return undefined;
  const rungs = ladderOf(facts).filter((weight) => weight > before.weight);
  const promotion = recording.steps.findIndex(
    ({ phase }, index) => index > at && phase === 'Promoting',
  );
  const analysed = recording.steps.slice(at + 1, promotion < 0 ? run.to : promotion);
  const isUneventful = analysed.every(
    ({ phase, failedChecks }) => phase === before.phase && failedChecks === before.failedChecks,
  );
  if (promotion < 0 || !isUneventful) return undefined;
  const hooks = analysed.at(-1)?.hooks ?? [];
  const climbed = rungs.map((weight) => ({
    ...withCanaryWeight(recording, before, weight),
    hooks,
  }));
  const top = rungs.at(-1) ?? before.weight;
  const promoted = recording.steps
    .slice(promotion)
    .map((step) => (step.phase === 'Promoting' ? withCanaryWeight(recording, step, top) : step));
  const steps = [...recording.steps.slice(0, at + 1), ...climbed, ...promoted];
  return { ...recording, steps, events: [] };
}
