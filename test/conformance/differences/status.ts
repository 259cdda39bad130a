import type { Difference, Facts } from '../differences.ts';
import type { History, Step } from '../history.ts';
import { RUNNING } from '../history.ts';

/** What the status says of a run. */
export const STATUS: readonly Difference[] = [
  { id: 'R9', expect: withWeightInForce },
  { id: 'S6', expect: withTrueIterations },
];

/** The weight is the share of the traffic that the canary gets, in every phase and strategy. */
function withWeightInForce({ recording }: Facts): History | undefined {
  return changed(recording, (step) =>
    RUNNING.has(step.phase) ? { ...step, weight: canaryShare(step) } : step,
  );
}

/** With session cookies the last rule splits those who carry none; with a match the first one does. */
function canaryShare({ route, intent }: Step): number {
  const shares = route.split(' | ').map((rule) => Number(/\/(\d+)/.exec(rule)?.[1] ?? 0));
  const isSticky = intent.includes('Set-Cookie');
  return (isSticky ? shares.at(-1) : shares[0]) ?? 0;
}

/** A gate before the promotion makes Flagger count back, which is how it comes to ask again. */
function withTrueIterations({ recording }: Facts): History | undefined {
  let done = 0;
  const history = changed(recording, (step) => {
    if (!isCounting(step)) {
      done = 0;
      return step;
    }
    done = isFresh(step) ? 0 : Math.max(done, step.iterations);
    return { ...step, iterations: done };
  });
  // Counting back and forth, it tells of iterations that are none.
  return history && { ...history, events: [] };
}

function isCounting({ phase }: Step): boolean {
  return phase === 'Progressing' || phase === 'WaitingPromotion' || phase === 'Promoting';
}

/** A run that begins, or begins anew. */
function isFresh({ phase, route, iterations }: Step): boolean {
  return phase === 'Progressing' && iterations === 0 && /^100\/0(\+mirror)?( |$)/.test(route);
}

function changed(recording: History, change: (step: Step) => Step): History | undefined {
  const steps = recording.steps.map(change);
  const isSame = steps.every((step, index) => {
    const before = recording.steps[index];
    return before?.weight === step.weight && before.iterations === step.iterations;
  });
  return isSame ? undefined : { ...recording, steps };
}
