import type { CanarySpec } from '../../constructs/canary-spec.ts';
import { evidenceFolder, isEvidence } from '../core/paths.ts';
import type { Change } from '../core/decision.ts';
import { formatInstant } from '../core/instant.ts';
import type { Observation } from '../core/observation.ts';
import type { RolloutRecord } from '../core/record.ts';
import { upcomingNumber } from '../core/rollout.ts';
import type { Files } from './changeset.ts';

export interface EvidenceFile {
  readonly path: string;
  readonly text: string;
}

/**
 * The numbers behind a decision, kept in its commit: what was seen of the workloads, since when the
 * step was live, and each check with value and bound. Only decisions that rest on an evaluation,
 * that end a rollout, or that move all traffic, have evidence.
 */
export function evidenceOf(
  spec: CanarySpec,
  before: RolloutRecord | undefined,
  after: RolloutRecord,
  change: Change,
  seen: Observation,
  nowMs: number,
): EvidenceFile | undefined {
  if (!needsEvidence(change)) return undefined;
  const { rollout } = after;
  const evidence = {
    canary: after.canary,
    ...(change.kind === 'halt'
      ? { revision: change.release.revision }
      : { rollout: rollout?.number, attempt: rollout?.attempt, revision: rollout?.revision }),
    decision: change.kind,
    reason: change.reason,
    decidedAt: formatInstant(nowMs),
    weights: { before: before?.weights, after: after.weights },
    threshold: { failedChecks: rollout?.failedChecks ?? 0, of: spec.analysis.threshold },
    live: seen.traffic.state === 'live' ? formatInstant(seen.traffic.sinceMs) : seen.traffic.why,
    effect: seen.traffic.state === 'live' ? seen.traffic.effect : undefined,
    primary: seen.primary,
    canaryWorkload: seen.canary,
    checks: change.checks ?? [],
  };
  return { path: evidencePath(after, change), text: `${JSON.stringify(evidence, undefined, 2)}\n` };
}

const ENDS_EARLY: ReadonlySet<Change['kind']> = new Set(['rollback', 'fail-promotion', 'reject']);
/** It is pods that they move the traffic to. */
const MOVES: ReadonlySet<Change['kind']> = new Set(['move-to-target', 'return-to-primary']);

function needsEvidence(change: Change): boolean {
  const { kind, checks } = change;
  return checks !== undefined || ENDS_EARLY.has(kind) || MOVES.has(kind);
}

/**
 * `evidence/<rollout>-<evaluation>.json`; in place of the evaluation `gate` while approval is waited
 * for, `end` for what ended the rollout early, `post` for the hooks after it, and `leave` for what
 * moved the traffic of a canary that is taken away.
 */
function evidencePath(after: RolloutRecord, change: Change): string {
  const folder = evidenceFolder(after.canary);
  if (change.kind === 'halt') return `${folder}/${upcomingNumber(after)}-gate.json`;
  return `${folder}/${after.rollout?.number ?? 0}-${evidenceName(after, change)}.json`;
}

function evidenceName({ rollout }: RolloutRecord, { kind }: Change): string {
  if (ENDS_EARLY.has(kind)) return 'end';
  if (MOVES.has(kind)) return 'leave';
  if (kind === 'post-rollout') return 'post';
  return String(rollout?.evaluations ?? 0).padStart(2, '0');
}

/** Of a rollout with many iterations: agents fetch all files of a commit, also those they never apply. */
const EVALUATIONS_KEPT = 10;

/**
 * Evidence of the current and the previous rollout stays in the tree, of each the newest evaluations;
 * older is in the history.
 */
export function staleEvidence(files: Files, after: RolloutRecord): readonly string[] {
  const oldest = (after.rollout?.number ?? 1) - 1;
  const paths = [...files.keys()].filter((path) => isEvidence(after.canary, path));
  const evidence = paths.map(evidenceAt);
  const recent = evidence.filter(({ rollout }) => !(rollout < oldest));
  const superseded = [...Map.groupBy(recent, ({ rollout }) => rollout).values()].flatMap((same) =>
    same
      .filter(({ evaluation }) => !Number.isNaN(evaluation))
      .toSorted((a, b) => b.evaluation - a.evaluation)
      .slice(EVALUATIONS_KEPT),
  );
  const stale = evidence.filter(({ rollout }) => rollout < oldest);
  return [...stale, ...superseded].map(({ path }) => path);
}

/** Not a number where a file is called otherwise. */
function evidenceAt(path: string) {
  const [, rollout, evaluation] = /\/(\d+)-(\d+)?[^/]*$/.exec(path) ?? [];
  return { path, rollout: Number(rollout), evaluation: Number(evaluation) };
}
