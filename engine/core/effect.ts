import type { CanarySpec } from '../../constructs/canary-spec.ts';
import type { RolloutRecord, Step, Weights } from './record.ts';

/** Requests that were sent to each track since a step, as far as somebody counted them. */
export type RequestCounts =
  | { readonly state: 'counted'; readonly primary: number; readonly canary: number }
  | { readonly state: 'unmeasured'; readonly why: string };

/** A step whose routing object says the new weights: does the data plane follow? */
export interface AppliedStep {
  readonly from: Weights;
  readonly to: Weights;
  /** Since when the routing object says the new weights. */
  readonly appliedMs: number;
  /** One analysis interval: how long traffic too thin to tell is waited for. */
  readonly intervalMs: number;
}

export type Effect =
  | { readonly verdict: 'shown'; readonly why: string }
  | { readonly verdict: 'refuted'; readonly why: string }
  /** Not told yet, and more requests may tell. */
  | { readonly verdict: 'undecided'; readonly why: string }
  /** Nobody can tell: the routing object is all there is. */
  | { readonly verdict: 'untold'; readonly why: string };

/**
 * Why the requests sent to each track tell nothing of a step. They show the weights only where each
 * request is a draw of its own, and where nobody but the route sends requests to the canary.
 */
export function whyUntold(
  { analysis: { strategy, sessionAffinity } }: CanarySpec,
  { weights, awaiting }: RolloutRecord,
  { from }: Step,
): string | undefined {
  if (strategy.kind !== 'blue-green' && strategy.match !== undefined) {
    return 'only requests that match are split';
  }
  if (sessionAffinity !== undefined) return 'sessions keep to their track';
  if (from.canary === weights.canary) return 'no weight was moved';
  if (weights.canary === 0 && awaiting === 'analysis') {
    return 'what reaches the canary without weight is no user';
  }
  return undefined;
}

/** Wald's bound for one wrong answer in a hundred either way. */
const BOUND = Math.log(100);
/** A share of 0 or 1 would let one stray request outweigh all others. */
const SHARE_MIN = 0.001;
/** A metrics server may be two scrapes of 15 s behind: silence says nothing before. */
const BLIND_MS = 30_000;

/**
 * The log-likelihood ratio of what was counted: how much better the new weights explain it than
 * the previous ones (Wald's sequential probability ratio test).
 */
export function logLikelihoodRatio(
  { primary, canary }: Weights,
  from: Weights,
  to: Weights,
): number {
  const [before, commanded] = [shareOf(from), shareOf(to)];
  return canary * Math.log(commanded / before) + primary * Math.log((1 - commanded) / (1 - before));
}

function shareOf({ canary }: Weights): number {
  return Math.min(1 - SHARE_MIN, Math.max(SHARE_MIN, canary / 100));
}

/**
 * What the counters say about a step. The window that is counted never reaches back beyond the
 * change of the routing object.
 */
export function judgeEffect(step: AppliedStep, counts: RequestCounts, nowMs: number): Effect {
  if (counts.state === 'unmeasured') return { verdict: 'untold', why: counts.why };
  const total = counts.primary + counts.canary;
  if (total === 0) {
    const isBlind = nowMs - step.appliedMs < Math.min(BLIND_MS, step.intervalMs);
    return isBlind
      ? { verdict: 'undecided', why: `${object(step)}, no request since has been counted yet` }
      : { verdict: 'untold', why: 'no requests' };
  }
  const share = `${whole(counts.canary)} of ${whole(total)} requests since went to the canary`;
  const ratio = logLikelihoodRatio(counts, step.from, step.to);
  if (ratio >= BOUND) return { verdict: 'shown', why: share };
  if (ratio > -BOUND) {
    return { verdict: 'undecided', why: `${object(step)}, ${share}: too few to tell` };
  }
  const previous = `the data plane still follows the previous weights ${weightsText(step.from)}`;
  return { verdict: 'refuted', why: `${object(step)}, but ${share}: ${previous}` };
}

function object({ to }: AppliedStep): string {
  return `the cluster's route says ${weightsText(to)}`;
}

function weightsText({ primary, canary }: Weights): string {
  return `${primary}/${canary}`;
}

/** Rates over a window are extrapolated and rarely whole. */
function whole(requests: number): string {
  return String(Math.round(requests));
}
