import type { CanarySpec } from '../../constructs/canary-spec.ts';
import { decide, dueQuestions } from '../core/decide.ts';
import type { ControlObservation } from '../core/control.ts';
import { type Change, isChange } from '../core/decision.ts';
import type { CheckResult, Observation, WorkloadObservation } from '../core/observation.ts';
import type { Question } from '../core/questions.ts';
import type { RejectedRevision, RolloutRecord } from '../core/record.ts';
import { isOthersPath } from '../core/paths.ts';
import type { FileChange } from '../ports/delivery-repository.ts';
import { applyChanges, type Files } from '../render/changeset.ts';
import { withNeighbours } from '../render/moves.ts';
import { render } from '../render/render.ts';
import type { ResolvedCanary } from '../render/resolved-canary.ts';

/** A commit that would be made if everything went well. */
export interface ForeseenCommit {
  readonly change: Change;
  readonly record: RolloutRecord;
  readonly message: string;
  readonly changes: readonly FileChange[];
  /** The canary's files before the commit. */
  readonly before: Files;
  readonly atMs: number;
}

export interface Outlook {
  readonly canary: ResolvedCanary;
  readonly record: RolloutRecord | undefined;
  readonly rejected: readonly RejectedRevision[];
  readonly control: ControlObservation;
  readonly delivered: Files;
  readonly tip: string | undefined;
  /** What stands, and what the source wants, beside the canaries of its namespace. */
  readonly carried: Files;
  readonly held: Files;
  readonly sourceCommit: string;
  readonly nowMs: number;
}

/** More than most rollouts need: 100 weights, as many shifts back, and the frame. */
const COMMITS_MAX = 250;

/**
 * Every commit of a rollout before anything happens, with the same decisions and the same renderer
 * as the real one, in a world where each step is live at once and each check passes. The rest that
 * it ends in is given as a sentence.
 */
export function foresee(outlook: Outlook): {
  readonly commits: readonly ForeseenCommit[];
  readonly ending: string;
} {
  const { canary, held } = outlook;
  let { record, delivered, carried, nowMs } = outlook;
  const commits: ForeseenCommit[] = [];
  while (commits.length < COMMITS_MAX) {
    const seen = idealObservation(outlook, record, nowMs);
    const decision = decide(canary.spec, record, seen, nowMs);
    if (!isChange(decision)) {
      if (decision.kind !== 'wait' || decision.untilMs === undefined) {
        return { commits, ending: decision.why };
      }
      nowMs = decision.untilMs;
      continue;
    }
    const rendered = render({
      canary,
      before: record,
      change: decision,
      seen,
      delivered,
      base: delivered,
      reverts: [],
      nowMs,
    });
    const changes = withNeighbours(canary.spec, decision, rendered.changes, {
      carried,
      wanted: held,
      left: rendered.left,
    });
    commits.push({ ...rendered, changes, change: decision, before: delivered, atMs: nowMs });
    carried = applyChanges(
      carried,
      changes.filter(({ path }) => isOthersPath(path)),
    );
    record = rendered.record;
    delivered = applyChanges(delivered, rendered.changes);
  }
  return { commits, ending: `the rollout goes on after these ${COMMITS_MAX} commits` };
}

/** People approve what they are asked about. */
function withApprovals(
  { spec, revision }: ResolvedCanary,
  control: ControlObservation,
): ControlObservation {
  if (control.state === 'damaged') return control;
  const given = spec.gates.map((gate) => ({ gate, revision }));
  return { ...control, approvals: [...control.approvals, ...given] };
}

/** Stands for the commit that is not made yet. */
const FUTURE_TIP = '0'.repeat(40);

function ready(replicas: number): WorkloadObservation {
  const status = {
    generation: 1,
    observedGeneration: 1,
    desiredReplicas: replicas,
    replicas,
    updatedReplicas: replicas,
    availableReplicas: replicas,
    progressDeadlineExceeded: false,
  };
  return { state: 'found', status };
}

function idealObservation(
  { canary, rejected, control, tip, sourceCommit }: Outlook,
  record: RolloutRecord | undefined,
  nowMs: number,
): Observation {
  const sinceMs = record?.decidedAtMs ?? nowMs;
  const seen: Observation = {
    source: {
      commit: sourceCommit,
      revision: canary.revision,
      configDigest: canary.configDigest,
    },
    tip: tip ?? FUTURE_TIP,
    rejected,
    control: withApprovals(canary, control),
    primary: ready(canary.spec.autoscaler?.least.primary ?? 1),
    canary: ready(canary.spec.autoscaler?.least.canary ?? 1),
    workloads: { state: 'live', sinceMs },
    traffic: { state: 'live', sinceMs },
  };
  const questions = dueQuestions(canary.spec, record, seen, nowMs);
  if (questions.length === 0) return seen;
  const checks = questions.flatMap((question) => expectedAnswers(canary.spec, question));
  return { ...seen, evaluation: { state: 'made', checks } };
}

function expectedAnswers(spec: CanarySpec, question: Question): readonly CheckResult[] {
  const verdict = 'pass';
  if (question.kind === 'approval') return [question.check];
  if (question.kind === 'metrics') {
    const detail = 'expected to pass';
    return spec.analysis.metrics.map(({ name }) => ({ kind: 'metric', name, verdict, detail }));
  }
  const { name, type } = question.webhook;
  const detail = type === 'rollback' ? 'expected to ask for no rollback' : 'expected to pass';
  return [{ kind: type, name, verdict, detail }];
}
