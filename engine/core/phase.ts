/**
 * Flagger's phases, under Flagger's names, so that dashboards, printer columns and
 * `kubectl wait --for=condition=promoted` keep their meaning.
 */
export const PHASES = [
  'Initializing',
  'Initialized',
  'Waiting',
  'Progressing',
  'WaitingPromotion',
  'Promoting',
  'Finalising',
  'Succeeded',
  'Failed',
  'Terminating',
] as const;

export type Phase = (typeof PHASES)[number];

/** What must happen in the world before the next decision can be taken. */
export const AWAITABLE = [
  'primary-ready',
  'routing-live',
  'revision',
  'approval',
  'canary-ready',
  'analysis',
  'shift-live',
  'traffic-on-primary',
  'target-ready',
  'traffic-on-target',
  'routes-gone',
] as const;

export type Awaiting = (typeof AWAITABLE)[number];
