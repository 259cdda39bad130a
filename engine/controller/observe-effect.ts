import type { CanarySpec } from '../../constructs/canary-spec.ts';
import { type AppliedStep, type Effect, judgeEffect, whyUntold } from '../core/effect.ts';
import { effectiveLiveness } from '../core/liveness.ts';
import type { Liveness } from '../core/observation.ts';
import type { Awaiting } from '../core/phase.ts';
import type { RolloutRecord, StepMoments } from '../core/record.ts';
import type { EnginePorts } from './engine-ports.ts';
import type { StepNotes } from './memory.ts';

/** Only a step that somebody waits for is worth a query. */
const WAITS_FOR_TRAFFIC: ReadonlySet<Awaiting> = new Set<Awaiting>([
  'analysis',
  'shift-live',
  'traffic-on-primary',
  'traffic-on-target',
]);

/**
 * The routing object says the committed weights: asks the data plane's counters whether it follows.
 * Once that was shown it is not asked again.
 */
export async function observeEffect(
  ports: EnginePorts,
  spec: CanarySpec,
  record: RolloutRecord,
  notes: StepNotes,
  applied: Liveness,
): Promise<Liveness> {
  if (applied.state !== 'live') return applied;
  if (notes.appliedMs !== applied.sinceMs) {
    notes.appliedMs = applied.sinceMs;
    delete notes.shown;
    delete notes.refuted;
  }
  if (record.step === undefined || !WAITS_FOR_TRAFFIC.has(record.awaiting)) return applied;
  const untold = whyUntold(spec, record, record.step);
  if (untold !== undefined) return { ...applied, effect: `not told: ${untold}` };
  if (notes.shown !== undefined) {
    return { ...applied, sinceMs: notes.shown.atMs, effect: notes.shown.why };
  }
  const step = {
    from: record.step.from,
    to: record.weights,
    appliedMs: applied.sinceMs,
    intervalMs: spec.analysis.intervalMs,
  };
  const nowMs = ports.clock.nowMs();
  const effect = lastTold(notes, await effectAt(ports, spec, step, nowMs), step, nowMs);
  const shownMs = effect.verdict === 'shown' ? await firstShown(ports, spec, step, notes) : nowMs;
  const liveness = effectiveLiveness(step, effect, shownMs, nowMs);
  if (effect.verdict === 'shown' && liveness.state === 'live') {
    notes.shown = { atMs: liveness.sinceMs, why: effect.why };
  }
  if (effect.verdict === 'refuted') notes.refuted ??= { atMs: nowMs, why: effect.why };
  notes.wasAsked = true;
  return liveness;
}

/** A query that fails, or less traffic, does not undo what was known a moment ago. */
function lastTold(notes: StepNotes, effect: Effect, step: AppliedStep, nowMs: number): Effect {
  const isTold = effect.verdict === 'shown' || effect.verdict === 'refuted';
  if (isTold) delete notes.refuted;
  const { refuted } = notes;
  if (isTold || refuted === undefined || nowMs >= refuted.atMs + step.intervalMs) return effect;
  return { verdict: 'refuted', why: refuted.why };
}

/** A rate needs two scrapes; a minute holds them wherever a metrics server is of any use. */
const SCRAPES_MS = 60_000;

/** A window that no counter of any use can be shorter than. */
const WINDOW_MIN_MS = 1_000;

const NONE_COUNTED = { state: 'counted', primary: 0, canary: 0 } as const;

/**
 * Counts since the step, and over one interval at the most: what was sent before followed other weights
 * (and all was, by a clock that was set back), and a data plane that followed late must not have its
 * past held against it for longer than a step lasts. Only an interval too short for any scrape is
 * stretched.
 */
async function effectAt(
  { metrics }: EnginePorts,
  { namespace, service, metricsServer }: CanarySpec,
  step: AppliedStep,
  atMs: number,
): Promise<Effect> {
  const sinceAppliedMs = atMs - step.appliedMs;
  const apex = {
    namespace,
    apex: service.name,
    ...(metricsServer === undefined ? {} : { metricsServer }),
  };
  const count = (windowMs: number) =>
    metrics.requests(apex, Math.max(WINDOW_MIN_MS, Math.min(windowMs, sinceAppliedMs)), atMs);
  const counts = await count(step.intervalMs);
  if (sinceAppliedMs < WINDOW_MIN_MS && counts.state === 'counted') {
    return judgeEffect(step, NONE_COUNTED, atMs);
  }
  const isEmpty = counts.state === 'counted' && counts.primary + counts.canary === 0;
  const isTooShort = step.intervalMs < Math.min(SCRAPES_MS, sinceAppliedMs);
  return judgeEffect(step, isEmpty && isTooShort ? await count(SCRAPES_MS) : counts, atMs);
}

/**
 * An engine that has just been started (or that runs for single passes only) asks about one
 * interval ago as well: otherwise each start would have the interval begin anew.
 */
async function firstShown(
  ports: EnginePorts,
  spec: CanarySpec,
  step: AppliedStep,
  notes: StepNotes,
): Promise<number> {
  const nowMs = ports.clock.nowMs();
  const earlierMs = nowMs - step.intervalMs;
  if (notes.wasAsked === true || earlierMs < step.appliedMs + WINDOW_MIN_MS) return nowMs;
  const earlier = await effectAt(ports, spec, step, earlierMs);
  return earlier.verdict === 'shown' ? earlierMs : nowMs;
}

/**
 * What is known of the step by now. An object that has been applied has been contained before, and
 * one that already said the weights was not applied before they were committed.
 */
export function momentsOf(notes: StepNotes): StepMoments {
  const { committedMs = 0, containedMs, shown } = notes;
  const appliedMs =
    notes.appliedMs === undefined ? undefined : Math.max(committedMs, notes.appliedMs);
  const hadMs = Math.min(containedMs ?? Infinity, appliedMs ?? Infinity);
  return {
    ...(containedMs === undefined ? {} : { containedMs: hadMs }),
    ...(appliedMs === undefined ? {} : { appliedMs }),
    ...(shown === undefined ? {} : { effectiveMs: shown.atMs }),
  };
}
