import { formatInstant } from '../../core/instant.ts';
import type { EnginePorts } from '../../controller/engine-ports.ts';
import type { DeliveryCommit } from '../../ports/delivery-repository.ts';
import { trailerValue } from '../../render/trailers.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { freshTip } from '../fresh-tip.ts';
import { type Output, printResult, table } from '../output.ts';
import { parseSince } from '../since.ts';

export interface LogOptions {
  /** `namespace/name`; all canaries when absent. */
  readonly canary: string | undefined;
  readonly limit: number;
  /** Nothing older than this: how long ago, or since when. */
  readonly since?: string | undefined;
}

/** The rollout history, read from the delivery branch alone, newest first. */
export async function log(
  { delivery, clock }: Pick<EnginePorts, 'delivery' | 'clock'>,
  { canary, limit, since }: LogOptions,
  output: Output,
): Promise<ExitCode> {
  const window = since === undefined ? {} : { sinceMs: parseSince(since, clock.nowMs()) };
  const fresh = await freshTip(delivery, output);
  if (fresh === undefined) return EXIT.failed;
  const paths = canary === undefined ? {} : { paths: [`rollouts/${canary}`] };
  const query = { limit, ...paths, ...window };
  const commits = fresh.tip === undefined ? [] : await delivery.history(query);
  const decisions = commits.filter(
    ({ trailers }) =>
      trailerValue(trailers, 'Decision') !== undefined ||
      trailerValue(trailers, 'Control') !== undefined,
  );
  printResult(output, decisions.map(entryOf), () => logTable(decisions));
  return EXIT.ok;
}

function logTable(commits: readonly DeliveryCommit[]): string {
  if (commits.length === 0) return 'no decisions yet';
  const rows = commits.map((commit) => [
    commit.commit.slice(0, 8),
    formatInstant(commit.atMs),
    trailerValue(commit.trailers, 'Phase') ?? '-',
    trailerValue(commit.trailers, 'Weight') ?? '-',
    commit.subject,
  ]);
  return table(['commit', 'time', 'phase', 'weight', 'decision'], rows);
}

function entryOf(commit: DeliveryCommit): Readonly<Record<string, unknown>> {
  const value = (key: string) => trailerValue(commit.trailers, key);
  return {
    commit: commit.commit,
    time: formatInstant(commit.atMs),
    canary: value('Canary'),
    rollout: value('Rollout'),
    phase: value('Phase'),
    decision: value('Decision'),
    control: value('Control'),
    by: value('By'),
    weight: value('Weight'),
    revision: value('Revision'),
    source: value('Source'),
    subject: commit.subject,
  };
}
