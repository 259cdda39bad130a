import type { Difference, Facts } from '../differences.ts';
import type { History } from '../history.ts';
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
];

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
