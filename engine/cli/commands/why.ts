import type { CanaryKey } from '../../../constructs/canary-spec.ts';
import { readEntries } from '../../controller/delivery-state.ts';
import { ProblemError } from '../../core/errors.ts';
import { formatInstant } from '../../core/instant.ts';
import type { CheckResult, WorkloadObservation } from '../../core/observation.ts';
import { canaryFolders, recordPath } from '../../core/paths.ts';
import type { RolloutRecord } from '../../core/record.ts';
import type { DeliveryCommit, DeliveryRepository } from '../../ports/delivery-repository.ts';
import { parseRecord } from '../../render/record-file.ts';
import { trailerValue } from '../../render/trailers.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Output, printResult, table } from '../output.ts';

interface Evidence {
  readonly reason: string;
  readonly live?: string;
  readonly effect?: string;
  readonly primary: WorkloadObservation;
  readonly canaryWorkload: WorkloadObservation;
  readonly checks: readonly CheckResult[];
}

/** What one decision rests on: the record before it, what was seen, and each answer with its bound. */
export async function why(
  delivery: DeliveryRepository,
  id: string,
  output: Output,
): Promise<ExitCode> {
  const refreshed = await delivery.refresh();
  if (refreshed.kind === 'unreachable') {
    output.err(`the delivery branch could not be read: ${refreshed.why}`);
    return EXIT.failed;
  }
  const commit = await decisionAt(delivery, id);
  const canary = trailerValue(commit.trailers, 'Canary') as CanaryKey;
  const folder = canaryFolders(canary).rollout;
  const [, previous] = await delivery.history({ from: commit.commit, paths: [folder], limit: 2 });
  const [after, before] = await Promise.all([
    rolloutAt(delivery, canary, commit),
    rolloutAt(delivery, canary, previous),
  ]);
  const evidence = newEvidence(before.evidence, after.evidence);
  const result = {
    commit: commit.commit,
    subject: commit.subject,
    decidedAt: formatInstant(commit.atMs),
    source: trailerValue(commit.trailers, 'Source'),
    follows: previous && { commit: previous.commit, subject: previous.subject },
    before: standing(before.record),
    after: standing(after.record),
    evidence,
    reverts: commit.trailers.filter(({ key }) => key === 'Reverts').map(({ value }) => value),
  };
  printResult(output, result, () => text(result));
  return EXIT.ok;
}

async function decisionAt(delivery: DeliveryRepository, id: string): Promise<DeliveryCommit> {
  const isId = /^[0-9a-f]{4,64}$/.test(id);
  const [commit] = isId ? await delivery.history({ from: id, limit: 1 }) : [];
  if (commit !== undefined && trailerValue(commit.trailers, 'Canary') !== undefined) return commit;
  throw new ProblemError([
    {
      code: 'commit-unknown',
      message: `${id} is not a decision of the delivery branch`,
      remedy: 'take a commit from `serin log`',
    },
  ]);
}

interface RolloutFiles {
  readonly record: RolloutRecord | undefined;
  readonly evidence: ReadonlyMap<string, string>;
}

async function rolloutAt(
  delivery: DeliveryRepository,
  canary: CanaryKey,
  at: DeliveryCommit | undefined,
): Promise<RolloutFiles> {
  if (at === undefined) return { record: undefined, evidence: new Map() };
  const folder = canaryFolders(canary).rollout;
  const files = await readEntries(delivery, await delivery.list(at.commit, folder));
  const parsed = parseRecord(files.get(recordPath(canary)) ?? '', canary);
  return {
    record: parsed.kind === 'record' ? parsed.record : undefined,
    evidence: new Map([...files].filter(([path]) => path.startsWith(`${folder}/evidence/`))),
  };
}

function newEvidence(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Evidence | undefined {
  const added = [...after].find(([path, written]) => before.get(path) !== written);
  return added === undefined ? undefined : (JSON.parse(added[1]) as Evidence);
}

function standing(record: RolloutRecord | undefined) {
  return (
    record && {
      phase: record.phase,
      weight: record.weights.canary,
      failedChecks: record.rollout?.failedChecks ?? 0,
    }
  );
}

interface Explained {
  readonly commit: string;
  readonly subject: string;
  readonly decidedAt: string;
  readonly source: string | undefined;
  readonly follows: { readonly commit: string; readonly subject: string } | undefined;
  readonly before: ReturnType<typeof standing>;
  readonly after: ReturnType<typeof standing>;
  readonly evidence: Evidence | undefined;
  readonly reverts: readonly string[];
}

function text(explained: Explained): string {
  const { evidence, follows, reverts } = explained;
  const facts = [
    ['decided', explained.decidedAt],
    ['source', explained.source ?? '-'],
    ['before', standingText(explained.before)],
    ['after', standingText(explained.after)],
    ['follows', follows === undefined ? '-' : `${follows.commit.slice(0, 8)} ${follows.subject}`],
    ...(evidence?.live === undefined ? [] : [['live since', evidence.live]]),
    ...(evidence?.effect === undefined ? [] : [['effect', evidence.effect]]),
    ...reverts.map((commit) => ['reverts', commit.slice(0, 8)]),
  ];
  return [explained.subject, factsText(facts), checksText(evidence)]
    .filter((part) => part !== '')
    .join('\n\n');
}

function factsText(facts: readonly (readonly string[])[]): string {
  const width = Math.max(...facts.map(([name = '']) => name.length));
  return facts.map(([name = '', value = '']) => `${name.padEnd(width)}  ${value}`).join('\n');
}

function standingText(at: ReturnType<typeof standing>): string {
  if (at === undefined) return 'not known yet';
  return `${at.phase}, weight ${at.weight}, ${at.failedChecks} failed checks`;
}

function checksText(evidence: Evidence | undefined): string {
  if (evidence === undefined || evidence.checks.length === 0) return '';
  const rows = evidence.checks.map(({ kind, verdict, name, detail, samples }) => [
    verdict,
    kind,
    name,
    detail,
    samples === undefined ? '-' : String(Math.round(samples)),
  ]);
  return table(['verdict', 'kind', 'check', 'detail', 'requests'], rows);
}
