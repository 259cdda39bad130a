import type { CanarySpec } from '../../../../constructs/canary-spec.ts';
import { type Action, controlAfter } from '../../../../engine/core/actions.ts';
import {
  type Approval,
  type ControlObservation,
  SAID_NOTHING,
} from '../../../../engine/core/control.ts';
import { decide, dueQuestions } from '../../../../engine/core/decide.ts';
import { type Decision, isChange } from '../../../../engine/core/decision.ts';
import type {
  Asked,
  CheckResult,
  Evaluation,
  Liveness,
  Observation,
  Removal,
  Verdict,
  WorkloadObservation,
} from '../../../../engine/core/observation.ts';
import type { Question } from '../../../../engine/core/questions.ts';
import type { RejectedRevision, RolloutRecord } from '../../../../engine/core/record.ts';
import { transition } from '../../../../engine/core/transition.ts';
import { withRejection } from '../../../../engine/render/rejected-file.ts';
import { aStatus, T0_MS, TIP } from '../../../support/builders.ts';

/** How one part of the world answers until something changes it. */
export type Health = 'ready' | 'starting' | 'no-pods' | 'failed' | 'missing' | 'unknown';
export type Reach = 'live' | 'behind' | 'unknown';
export type Answer = Verdict | 'pending';

/** Everything around one canary, and what it can be made to do. */
export interface World {
  spec: CanarySpec;
  revision: string;
  options: number;
  /** The source holds the Canary no more, and this of its target. */
  removed: Removal['target'] | undefined;
  primary: Health;
  canary: Health;
  workloads: Reach;
  traffic: Reach;
  metrics: Answer;
  /** Types of webhooks whose answer stands in the way. */
  refusing: ReadonlySet<string>;
  control: ControlObservation;
  nowMs: number;
}

/** One evaluation, as somebody who watched it would tell it. */
export interface Tick {
  readonly spec: CanarySpec;
  readonly before: RolloutRecord | undefined;
  readonly after: RolloutRecord | undefined;
  readonly decision: Decision;
  readonly seen: Observation;
  readonly nowMs: number;
  /** What a person has approved since the revision was last tried again. */
  readonly approvals: readonly Approval[];
}

/** Drives the pure core the way the shell does, without a shell: everything else is a value. */
export class Story {
  readonly world: World;
  record: RolloutRecord | undefined;
  rejected: readonly RejectedRevision[] = [];
  #asked: { readonly asked: Asked; readonly control: ControlObservation } | undefined;
  #approvals: readonly Approval[] = [];

  constructor(spec: CanarySpec) {
    this.world = {
      spec,
      revision: 'one',
      options: 1,
      removed: undefined,
      primary: 'ready',
      canary: 'ready',
      workloads: 'live',
      traffic: 'live',
      metrics: 'pass',
      refusing: new Set(),
      control: SAID_NOTHING,
      nowMs: T0_MS,
    };
  }

  tick(): Tick {
    const { spec, nowMs } = this.world;
    const before = this.record;
    const unasked = this.#look();
    const questions = dueQuestions(spec, before, unasked, nowMs);
    const seen =
      questions.length === 0 ? unasked : { ...unasked, evaluation: this.#answers(questions) };
    const decision = decide(spec, before, seen, nowMs);
    this.#follow(decision);
    return { spec, before, after: this.record, decision, seen, nowMs, approvals: this.#approvals };
  }

  /** What a command of a person does; one that would mean nothing is refused and does nothing. */
  act(action: Action): void {
    const { spec, revision, control } = this.world;
    if (control.state === 'damaged') return;
    const { state: _, ...said } = control;
    const situation = { spec, record: this.record, rejected: this.rejected, revision };
    const outcome = controlAfter(said, action, situation);
    if (outcome.kind !== 'written') return;
    this.world.control = { state: 'read', ...outcome.control };
    if (action.kind === 'approve') {
      const given = outcome.control.approvals.filter(({ gate }) => gate === action.gate);
      this.#approvals = [...this.#approvals, ...given.slice(-1)];
    }
    if (action.kind === 'retry') {
      this.#approvals = this.#approvals.filter((approval) => approval.revision !== revision);
    }
  }

  /** Somebody writes the whole control file. */
  write(control: ControlObservation): void {
    this.world.control = control;
    this.#approvals = control.state === 'damaged' ? [] : control.approvals;
  }

  #follow(decision: Decision): void {
    const { nowMs, control } = this.world;
    if (!isChange(decision)) {
      const isAnswered = decision.kind === 'wait' && decision.answered === true;
      if (!isAnswered) return;
      const closed = decision.closed === undefined ? {} : { closed: decision.closed };
      this.#asked = { asked: { atMs: nowMs, ...closed }, control };
      return;
    }
    const after = transition('default/reviews', this.record, decision, nowMs);
    this.#asked = undefined;
    if (decision.kind === 'terminated') {
      this.record = undefined;
      this.rejected = [];
      return;
    }
    this.record = after;
    if (REJECTING.has(decision.kind)) {
      const { reason } = decision;
      this.rejected = withRejection(this.rejected, after, { reason, rejectedAtMs: nowMs });
    }
  }

  #look(): Observation {
    const { removed, revision, options, primary, canary, workloads, traffic, control } = this.world;
    const sinceMs = this.record?.decidedAtMs ?? this.world.nowMs;
    const asked = this.#asked?.control === control ? this.#asked.asked : undefined;
    return {
      source: {
        commit: revision.padEnd(40, '0'),
        revision,
        configDigest: `options-${options}`,
        ...(removed === undefined ? {} : { removed: { target: removed } }),
      },
      tip: TIP,
      rejected: this.rejected,
      control,
      primary: workload(primary),
      canary: workload(canary),
      workloads: liveness(workloads, sinceMs),
      traffic: liveness(traffic, sinceMs),
      ...(asked === undefined ? {} : { asked }),
    };
  }

  #answers(questions: readonly Question[]): Evaluation {
    const { metrics, nowMs } = this.world;
    const checks: CheckResult[] = [];
    for (const question of questions) {
      if (question.kind === 'metrics' && metrics === 'pending') {
        return { state: 'pending', why: 'no whole window yet', untilMs: nowMs + 10_000 };
      }
      const answers = this.#answersTo(question);
      checks.push(...answers);
      if (answers.some(({ verdict }) => verdict !== 'pass')) break;
    }
    return { state: 'made', checks };
  }

  #answersTo(question: Question): readonly CheckResult[] {
    const { spec, metrics, refusing } = this.world;
    switch (question.kind) {
      case 'approval':
        return [question.check];
      case 'metrics':
        return spec.analysis.metrics.map(({ name }) => ({
          kind: 'metric',
          name,
          verdict: metrics === 'pending' ? 'error' : metrics,
          detail: metrics,
        }));
      case 'webhook': {
        const { name, type } = question.webhook;
        const verdict = refusing.has(type) ? 'fail' : 'pass';
        return [{ kind: type, name, verdict, detail: verdict }];
      }
    }
  }
}

const REJECTING: ReadonlySet<Decision['kind']> = new Set(['rollback', 'fail-promotion', 'reject']);

function workload(health: Health): WorkloadObservation {
  switch (health) {
    case 'ready':
      return { state: 'found', status: aStatus() };
    case 'starting':
      return { state: 'found', status: aStatus({ updatedReplicas: 0, replicas: 0 }) };
    case 'no-pods':
      return {
        state: 'found',
        status: aStatus({ availableReplicas: 0, unavailableSinceMs: T0_MS }),
      };
    case 'failed':
      return { state: 'found', status: aStatus({ progressDeadlineExceeded: true }) };
    case 'missing':
      return { state: 'missing' };
    case 'unknown':
      return { state: 'unknown', why: 'the API server does not answer' };
  }
}

function liveness(reach: Reach, sinceMs: number): Liveness {
  return reach === 'live'
    ? { state: 'live', sinceMs }
    : { state: reach, why: 'the agent is behind' };
}
