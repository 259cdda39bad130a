import type { RolloutRecord, Step, StepMoments } from './record.ts';

/** A step with what has been seen of it since it was last written down. */
export function withMoments(step: Step, moments: StepMoments): Step {
  return { ...step, ...moments };
}

/** New routes are a new step; otherwise the step under way keeps what was seen of it. */
export function withSteps(
  before: RolloutRecord | undefined,
  after: RolloutRecord,
  moments: StepMoments,
): RolloutRecord {
  if (before === undefined) return after;
  const step = before.step === undefined ? undefined : withMoments(before.step, moments);
  const isSame =
    after.weights.canary === before.weights.canary && after.mirrored === before.mirrored;
  if (isSame) {
    return step === undefined ? after : { ...after, step };
  }
  return {
    ...after,
    step: { from: before.weights, committedMs: after.decidedAtMs },
    ...(step === undefined ? {} : { previousStep: step }),
  };
}
