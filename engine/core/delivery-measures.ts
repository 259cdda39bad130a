/** One decision of the history, as far as delivery is measured by it. */
export interface MeasuredDecision {
  readonly canary: string;
  /** The rollout's number; decisions before the first rollout have none. */
  readonly rollout: number | undefined;
  /** The kind of change. */
  readonly decision: string;
  /** The canary's weight after it. */
  readonly weight: number;
  readonly atMs: number;
  /** When the released source commit was made; absent where the source cannot be read. */
  readonly sourceMs?: number;
}

/**
 * The four measures of software delivery, from commits alone.
 * @see https://dora.dev/guides/dora-metrics-four-keys/
 */
export interface DeliveryMeasures {
  readonly canary: string;
  readonly promoted: number;
  readonly failed: number;
  readonly withdrawn: number;
  /** Promotions a day over the window. */
  readonly deploymentsPerDay: number;
  /** From the source commit, or else from the start of the rollout, to the promotion. */
  readonly leadTimeMedianMs: number | undefined;
  /** Rollouts that failed, of those that were promoted or failed: 0 to 1. */
  readonly changeFailureRate: number | undefined;
  /** From the first traffic of a failed revision until none went to it any more. */
  readonly restoreMedianMs: number | undefined;
}

export interface MeasuredWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

const DAY_MS = 86_400_000;

/** Measures every canary, and all of them together under the name `all`. Oldest decision first. */
export function measureDelivery(
  decisions: readonly MeasuredDecision[],
  window: MeasuredWindow,
): readonly DeliveryMeasures[] {
  const ended = [...Map.groupBy(decisions, ({ canary }) => canary).values()].flatMap(endedRollouts);
  const inWindow = ended.filter(
    ({ endedMs }) => endedMs >= window.fromMs && endedMs <= window.toMs,
  );
  const byCanary = Map.groupBy(inWindow, ({ canary }) => canary);
  const names = [...byCanary.keys()].toSorted();
  const each = names.map((name) => measure(name, byCanary.get(name) ?? [], window));
  return [...each, measure('all', inWindow, window)];
}

interface EndedRollout {
  readonly canary: string;
  readonly outcome: 'promoted' | 'failed' | 'withdrawn';
  readonly endedMs: number;
  readonly leadTimeMs: number;
  /** Only of a revision that had traffic. */
  readonly restoreMs: number | undefined;
}

const OUTCOMES: Readonly<Record<string, EndedRollout['outcome']>> = {
  finish: 'promoted',
  'skip-analysis': 'promoted',
  rollback: 'failed',
  'return-traffic': 'failed',
  withdraw: 'withdrawn',
  restart: 'withdrawn',
};

/** The decision that ends a rollout says how; a restart withdraws the rollout before it. */
function endedRollouts(decisions: readonly MeasuredDecision[]): readonly EndedRollout[] {
  const ended: EndedRollout[] = [];
  let startedMs: number | undefined;
  let firstTrafficMs: number | undefined;
  for (const { canary, decision, weight, atMs, sourceMs } of decisions) {
    if (decision === 'start' && startedMs === undefined) startedMs = atMs;
    if (weight > 0) firstTrafficMs ??= atMs;
    const outcome = OUTCOMES[decision];
    if (outcome === undefined || startedMs === undefined) continue;
    ended.push({
      canary,
      outcome,
      endedMs: atMs,
      leadTimeMs: atMs - Math.min(sourceMs ?? startedMs, startedMs),
      restoreMs: firstTrafficMs === undefined ? undefined : atMs - firstTrafficMs,
    });
    firstTrafficMs = undefined;
    startedMs = decision === 'restart' ? atMs : undefined;
  }
  return ended;
}

function measure(
  canary: string,
  rollouts: readonly EndedRollout[],
  { fromMs, toMs }: MeasuredWindow,
): DeliveryMeasures {
  const of = (outcome: EndedRollout['outcome']) =>
    rollouts.filter((rollout) => rollout.outcome === outcome);
  const [promoted, failed, withdrawn] = [of('promoted'), of('failed'), of('withdrawn')];
  const judged = promoted.length + failed.length;
  return {
    canary,
    promoted: promoted.length,
    failed: failed.length,
    withdrawn: withdrawn.length,
    deploymentsPerDay: promoted.length / Math.max(1, (toMs - fromMs) / DAY_MS),
    leadTimeMedianMs: median(promoted.map(({ leadTimeMs }) => leadTimeMs)),
    changeFailureRate: judged === 0 ? undefined : failed.length / judged,
    restoreMedianMs: median(failed.flatMap(({ restoreMs }) => restoreMs ?? [])),
  };
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [below, above] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]];
  return below === undefined || above === undefined ? undefined : (below + above) / 2;
}
