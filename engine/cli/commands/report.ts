import { isCommitId } from '../../core/commit-id.ts';
import type { EnginePorts } from '../../controller/engine-ports.ts';
import {
  type DeliveryMeasures,
  type MeasuredDecision,
  measureDelivery,
} from '../../core/delivery-measures.ts';
import { formatDuration } from '../../core/duration.ts';
import { formatInstant } from '../../core/instant.ts';
import type { DeliveryCommit, DeliveryRepository } from '../../ports/delivery-repository.ts';
import { trailerValue } from '../../render/trailers.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { freshTip } from '../fresh-tip.ts';
import { type Output, printResult, table } from '../output.ts';
import { parseSince } from '../since.ts';

export interface ReportOptions {
  /** `namespace/name`; all canaries when absent. */
  readonly canary: string | undefined;
  /** How long ago or since when: the window ends now. */
  readonly since: string;
}

/** Deployment frequency, lead time, change failure rate and time to restore, from Git alone. */
export async function report(
  { delivery, clock }: Pick<EnginePorts, 'delivery' | 'clock'>,
  { canary, since }: ReportOptions,
  output: Output,
): Promise<ExitCode> {
  const toMs = clock.nowMs();
  const window = { fromMs: parseSince(since, toMs), toMs };
  const fresh = await freshTip(delivery, output);
  if (fresh === undefined) return EXIT.failed;
  const paths = canary === undefined ? {} : { paths: [`rollouts/${canary}`] };
  const commits = fresh.tip === undefined ? [] : await delivery.history(paths);
  const decisions = await readDecisions(delivery, commits.toReversed());
  const measures = measureDelivery(decisions, window);
  const result = { from: formatInstant(window.fromMs), to: formatInstant(toMs), measures };
  printResult(output, result, () => reportTable(measures));
  return EXIT.ok;
}

async function readDecisions(
  delivery: DeliveryRepository,
  commits: readonly DeliveryCommit[],
): Promise<readonly MeasuredDecision[]> {
  const sourceTimes = new Map<string, Promise<number | undefined>>();
  const sourceMs = (source: string) => {
    const known = sourceTimes.get(source) ?? commitTime(delivery, source);
    sourceTimes.set(source, known);
    return known;
  };
  const decisions: MeasuredDecision[] = [];
  for (const { atMs, trailers } of commits) {
    const canary = trailerValue(trailers, 'Canary');
    const decision = trailerValue(trailers, 'Decision');
    if (canary === undefined || decision === undefined) continue;
    const rollout = trailerValue(trailers, 'Rollout');
    const isPromotion = decision === 'finish' || decision === 'skip-analysis';
    const source = isPromotion ? trailerValue(trailers, 'Source') : undefined;
    const madeMs = source === undefined ? undefined : await sourceMs(source);
    decisions.push({
      canary,
      rollout: rollout === undefined ? undefined : Number(rollout),
      decision,
      weight: Number(trailerValue(trailers, 'Weight') ?? 0),
      atMs,
      ...(madeMs === undefined ? {} : { sourceMs: madeMs }),
    });
  }
  return decisions;
}

/** Known where the source lives in the same repository, because the clone holds it then. */
async function commitTime(delivery: DeliveryRepository, id: string): Promise<number | undefined> {
  if (!isCommitId(id)) return undefined;
  const [commit] = await delivery.history({ from: id, limit: 1 });
  return commit?.atMs;
}

const HEADS = [
  'canary',
  'promoted',
  'failed',
  'withdrawn',
  'per day',
  'lead time',
  'failure rate',
  'time to restore',
];

function reportTable(measures: readonly DeliveryMeasures[]): string {
  return table(
    HEADS,
    measures.map((each) => [
      each.canary,
      String(each.promoted),
      String(each.failed),
      String(each.withdrawn),
      each.deploymentsPerDay.toFixed(2),
      shownDuration(each.leadTimeMedianMs),
      each.changeFailureRate === undefined ? '-' : `${Math.round(each.changeFailureRate * 100)}%`,
      shownDuration(each.restoreMedianMs),
    ]),
  );
}

function shownDuration(durationMs: number | undefined): string {
  return durationMs === undefined ? '-' : formatDuration(Math.round(durationMs / 1_000) * 1_000);
}
