import { readCanaryFiles, readStates } from '../../controller/delivery-state.ts';
import { formatInstant } from '../../core/instant.ts';
import { canaryFolders } from '../../core/paths.ts';
import type { DeliveryRepository } from '../../ports/delivery-repository.ts';
import type { CanaryKey } from '../../../constructs/canary-spec.ts';
import type { CheckResult } from '../../core/observation.ts';
import { ProblemError } from '../../core/errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { freshTip } from '../fresh-tip.ts';
import { type Output, printResult, table } from '../output.ts';

interface Evidence {
  readonly decidedAt: string;
  readonly decision: string;
  readonly weights: { readonly after: { readonly canary: number } };
  readonly checks: readonly CheckResult[];
}

/** Everything that the delivery branch knows of one canary, or one decision as it was committed. */
export async function show(
  delivery: DeliveryRepository,
  what: string,
  output: Output,
): Promise<ExitCode> {
  const fresh = await freshTip(delivery, output);
  if (fresh === undefined) return EXIT.failed;
  return isCanaryKey(what)
    ? showCanary(delivery, fresh.tip, what, output)
    : showCommit(delivery, what, output);
}

function isCanaryKey(text: string): text is CanaryKey {
  return text.includes('/');
}

async function showCanary(
  delivery: DeliveryRepository,
  tip: string | undefined,
  canary: CanaryKey,
  output: Output,
): Promise<ExitCode> {
  const state = (await readStates(delivery, tip)).get(canary);
  if (state === undefined || state.kind === 'damaged' || state.record === undefined) {
    throw new ProblemError([
      {
        code: state === undefined ? 'canary-unknown' : 'record-damaged',
        message: `the delivery branch has no readable record of ${canary}`,
        remedy: 'name a canary as namespace/name; `serin status` lists them',
      },
    ]);
  }
  const { record, rejected } = state;
  const files = await readCanaryFiles(delivery, tip, canary);
  const evidence = evidenceIn(files, canary);
  printResult(output, { record, rejected, evidence, files: [...files.keys()] }, () =>
    [
      table(
        ['canary', 'phase', 'awaiting', 'weight', 'promoted', 'rollout', 'revision', 'checks'],
        [
          [
            canary,
            record.phase,
            record.awaiting,
            String(record.weights.canary),
            record.promoted.revision,
            String(record.rollout?.number ?? '-'),
            record.rollout?.revision ?? '-',
            `${record.rollout?.failedChecks ?? 0} failed`,
          ],
        ],
      ),
      evidenceTable(evidence),
      rejected.length === 0
        ? ''
        : table(
            ['rejected revision', 'when', 'why'],
            rejected.map((entry) => [
              entry.revision,
              formatInstant(entry.rejectedAtMs),
              entry.reason,
            ]),
          ),
      [...files.keys()].toSorted().join('\n'),
    ]
      .filter((part) => part !== '')
      .join('\n\n'),
  );
  return EXIT.ok;
}

function evidenceIn(files: ReadonlyMap<string, string>, canary: CanaryKey): readonly Evidence[] {
  const folder = `${canaryFolders(canary).rollout}/evidence/`;
  return [...files]
    .filter(([path]) => path.startsWith(folder))
    .map(([, text]) => JSON.parse(text) as Evidence)
    .toSorted((a, b) => (a.decidedAt < b.decidedAt ? -1 : 1));
}

function evidenceTable(evidence: readonly Evidence[]): string {
  if (evidence.length === 0) return '';
  const rows = evidence.flatMap(({ decidedAt, decision, weights, checks }) =>
    checks.map((check) => [
      decidedAt,
      decision,
      String(weights.after.canary),
      check.verdict,
      check.name,
      check.detail,
    ]),
  );
  return table(['time', 'decision', 'weight', 'verdict', 'check', 'detail'], rows);
}

async function showCommit(
  delivery: DeliveryRepository,
  id: string,
  output: Output,
): Promise<ExitCode> {
  if (!/^[0-9a-f]{4,64}$/.test(id)) {
    throw new ProblemError([
      {
        code: 'commit-unknown',
        message: `${id} is neither a canary (namespace/name) nor a commit id`,
        remedy: 'take a commit from `serin log`, or a canary from `serin status`',
      },
    ]);
  }
  const [commit] = await delivery.history({ from: id, limit: 1 });
  if (commit === undefined) {
    throw new ProblemError([
      {
        code: 'commit-unknown',
        message: `${id} is not a commit of the delivery branch`,
        remedy: 'take a commit from `serin log`',
      },
    ]);
  }
  printResult(output, commit, () =>
    [
      `commit ${commit.commit}`,
      `date   ${formatInstant(commit.atMs)}`,
      '',
      commit.subject,
      '',
      commit.body.trim(),
    ].join('\n'),
  );
  return EXIT.ok;
}
