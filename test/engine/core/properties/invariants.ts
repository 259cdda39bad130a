import assert from 'node:assert/strict';
import type { Gate } from '../../../../constructs/canary-spec.ts';
import { canaryReadiness, primaryReadiness } from '../../../../engine/core/conditions.ts';
import { isAborted, isSkipped, MANUAL_APPROVAL } from '../../../../engine/core/control.ts';
import { decide } from '../../../../engine/core/decide.ts';
import { type Change, type Decision, isChange } from '../../../../engine/core/decision.ts';
import { isUnrouted, type RolloutRecord, rolloutOf } from '../../../../engine/core/record.ts';
import type { Tick } from './story.ts';

type Invariant = (tick: Tick) => void;

/** A tick that led to a commit. */
interface Commit extends Tick {
  readonly decision: Change;
  readonly after: RolloutRecord;
}

function isCommit(tick: Tick): tick is Commit {
  return isChange(tick.decision) && tick.after !== undefined;
}

function onCommit(check: (commit: Commit) => void): Invariant {
  return (tick) => {
    if (isCommit(tick)) check(tick);
  };
}

const LEAVING: ReadonlySet<Decision['kind']> = new Set<Decision['kind']>([
  'terminate',
  'move-to-target',
  'return-to-primary',
  'drop-routes',
  'terminated',
]);

const BEGINNINGS: ReadonlySet<Decision['kind']> = new Set<Decision['kind']>([
  'create-primary',
  'start',
  'restart',
  'advance',
  'resume',
]);

const isRemoved = ({ source }: Tick['seen']) => source.removed !== undefined;
const weightOf = (record: RolloutRecord | undefined) => record?.weights.canary ?? 0;
const isAnalysed = (record: RolloutRecord | undefined): record is RolloutRecord =>
  record?.phase === 'Progressing' || record?.phase === 'WaitingPromotion';
const isRise = ({ before, after }: Commit) => weightOf(after) > weightOf(before);

/** What must hold at each evaluation, whatever has happened before: design.md, section 8. */
export const INVARIANTS: Readonly<Record<string, Invariant>> = {
  'weights are whole shares from 0 to 100 that sum to 100': onCommit(({ after }) => {
    const { primary, canary } = after.weights;
    assert.ok([primary, canary].every((share) => Number.isInteger(share) && share >= 0));
    assert.equal(primary + canary, 100);
  }),

  'no weight rises unless everything asked has passed': onCommit((commit) => {
    const { spec, before, decision, seen, nowMs } = commit;
    if (!isRise(commit)) return;
    if (decision.kind === 'fail-promotion') {
      assert.equal(primaryReadiness(spec, seen, nowMs).state, 'failed', 'the primary works');
      return;
    }
    if (decision.kind === 'move-to-target') {
      assert.equal(canaryReadiness(spec, seen, nowMs).state, 'ready', 'its target is ready');
      return;
    }
    assert.equal(decision.kind, 'advance');
    const { checks = [] } = decision;
    assert.deepEqual(
      checks.filter(({ verdict }) => verdict !== 'pass'),
      [],
    );
    if (before?.awaiting !== 'analysis') return;
    const judged = checks.filter(({ kind }) => kind === 'metric').map(({ name }) => name);
    assert.deepEqual(
      judged,
      spec.analysis.metrics.map(({ name }) => name),
    );
  }),

  'no weight rises beyond the next step': onCommit((commit) => {
    const { strategy } = commit.spec.analysis;
    if (!isRise(commit) || strategy.kind !== 'canary' || commit.decision.kind !== 'advance') return;
    const above = strategy.stepWeights.filter((weight) => weight > weightOf(commit.before));
    assert.equal(weightOf(commit.after), Math.min(...above));
  }),

  'no revision is promoted without an analysis that passed, or somebody who skips it': onCommit(
    ({ spec, before, decision, seen }) => {
      if (decision.kind !== 'promote' && decision.kind !== 'skip-analysis') return;
      assert.ok(before !== undefined);
      if (isSkipped(spec, seen, rolloutOf(before))) return;
      assert.equal(decision.kind, 'promote');
      const { checks = [] } = decision;
      assert.ok(checks.every(({ verdict }) => verdict === 'pass'));
      assert.ok(spec.analysis.metrics.every(({ name }) => checks.some((one) => one.name === name)));
    },
  ),

  'the promoted revision changes to the analysed one, by a promotion alone': onCommit(
    ({ before, after, decision }) => {
      if (decision.kind === 'create-primary') return;
      const isPromotion = decision.kind === 'finish' || decision.kind === 'skip-analysis';
      const wanted = isPromotion ? rolloutOf(after).revision : before?.promoted.revision;
      assert.equal(after.promoted.revision, wanted);
    },
  ),

  'once the threshold is reached the next decision takes the traffic away': ({
    spec,
    before,
    decision,
    seen,
  }) => {
    if (spec.suspend || isRemoved(seen) || !isAnalysed(before)) return;
    if (rolloutOf(before).failedChecks < spec.analysis.threshold) return;
    assert.equal(decision.kind, 'rollback');
  },

  'a failed check counts once, and nothing else does': onCommit(({ before, after, decision }) => {
    if (before?.rollout === undefined || after.rollout?.number !== before.rollout.number) return;
    if (decision.kind === 'start') return;
    const counted = after.rollout.failedChecks - before.rollout.failedChecks;
    assert.equal(counted, decision.kind === 'check-failed' ? 1 : 0);
    if (decision.kind !== 'check-failed') return;
    assert.ok(decision.checks?.some(({ verdict }) => verdict !== 'pass'));
  }),

  'a canary with traffic and without a pod loses the traffic at once': (tick) => {
    const { spec, before, seen, after } = tick;
    if (spec.suspend || !isAnalysed(before) || weightOf(before) === 0) return;
    const { canary } = seen;
    const isDown = canary.state === 'found' && canary.status.availableReplicas === 0;
    if (isDown) assert.equal(weightOf(after), 0);
  },

  'a rollback and a withdrawal leave nothing on the canary': onCommit(({ after, decision }) => {
    if (decision.kind !== 'rollback' && decision.kind !== 'withdraw') return;
    assert.equal(weightOf(after), 0);
    assert.equal(after.mirrored, undefined);
    assert.equal(after.rollout?.outcome, decision.kind === 'rollback' ? 'failed' : 'withdrawn');
  }),

  'a canary at rest has neither weight nor copies': ({ after }) => {
    if (after === undefined || after.awaiting === 'primary-ready') return;
    if (!['Initialized', 'Waiting', 'Succeeded', 'Failed'].includes(after.phase)) return;
    assert.equal(weightOf(after), 0);
    assert.equal(after.mirrored, undefined);
  },

  'what is promoted already is not begun': onCommit(({ before, decision }) => {
    if (decision.kind !== 'start' && decision.kind !== 'restart') return;
    assert.notEqual(decision.release.revision, before?.promoted.revision);
  }),

  'a rejected revision is not begun again unless a person asks for that attempt': onCommit(
    ({ before, decision, seen }) => {
      if (decision.kind !== 'start' && decision.kind !== 'restart') return;
      const { revision } = decision.release;
      const entry = seen.rejected.find((each) => each.revision === revision);
      if (entry === undefined) return;
      const running = isAnalysed(before) ? before.rollout : undefined;
      // One attempt that begins anew, because its strategy changed, is still the same.
      if (running?.revision === revision && running.attempt === decision.attempt) return;
      assert.equal(decision.attempt, entry.attempts + 1);
      assert.ok(seen.control.state === 'read' && seen.control.retry !== undefined);
      assert.equal(seen.control.retry.revision, revision);
      assert.ok(seen.control.retry.attempt >= decision.attempt);
    },
  ),

  'nothing goes on while a person holds the canary': onCommit(({ decision, seen }) => {
    const isHeld = seen.control.state === 'damaged' || seen.control.paused;
    assert.ok(!isHeld || !GOES_ON.has(decision.kind), `${decision.kind} although it is held`);
  }),

  'a held canary gets no weight': onCommit((commit) => {
    const { control } = commit.seen;
    const isHeld = control.state === 'damaged' || control.paused;
    const isSaved = commit.decision.kind === 'fail-promotion';
    assert.ok(!isHeld || isSaved || !isRise(commit));
  }),

  'an aborted attempt ends at once, unless the primary could not take its traffic': ({
    spec,
    before,
    after,
    seen,
  }) => {
    if (spec.suspend || isRemoved(seen) || !isAnalysed(before)) return;
    if (!isAborted(seen, rolloutOf(before))) return;
    assert.equal(weightOf(after), 0);
    assert.equal(after?.phase, 'Failed');
  },

  'a gate opens for the revision that was approved, and a retry needs a new approval': onCommit(
    (commit) => {
      const { spec, before, after, decision, seen } = commit;
      const [revision, to] = [after.rollout?.revision, weightOf(after)];
      if (decision.kind === 'start') assertApproved(commit, 'rollout', decision.release.revision);
      if (before === undefined || revision === undefined) return;
      const isJudged = decision.kind === 'advance' || decision.kind === 'promote';
      if (!isJudged || isSkipped(spec, seen, rolloutOf(before))) return;
      if (isRise(commit)) assertApproved(commit, 'traffic-increase', revision, to);
      if (decision.kind === 'promote') assertApproved(commit, 'promotion', revision);
    },
  ),

  'no webhook is passed over that stands in the way': onCommit(
    ({ spec, before, decision, seen }) => {
      if (decision.kind !== 'advance' && decision.kind !== 'promote') return;
      if (before === undefined || isSkipped(spec, seen, rolloutOf(before))) return;
      const type = before.awaiting === 'canary-ready' ? 'pre-rollout' : 'rollout';
      const due = spec.analysis.webhooks.filter((hook) => hook.type === type);
      const asked = (decision.checks ?? []).map(({ name }) => name);
      assert.ok(due.every(({ name }) => asked.includes(name)));
    },
  ),

  'post-rollout hooks are called before the next rollout begins': onCommit(
    ({ before, decision }) => {
      if (decision.kind !== 'start' && decision.kind !== 'halt') return;
      assert.equal(before?.rollout?.hooksOwed, undefined);
    },
  ),

  'rollouts and their evaluations are only counted up': onCommit(({ before, after }) => {
    if (before?.rollout === undefined || after.rollout === undefined) return;
    const [was, is] = [before.rollout, after.rollout];
    assert.ok(is.number >= was.number && is.number <= was.number + 1);
    if (is.number === was.number && is.startedAtMs === was.startedAtMs && is.evaluations > 0) {
      assert.ok(is.evaluations >= was.evaluations && is.iterations >= was.iterations);
    }
  }),

  'a rollout is evaluated once an interval, and not before': onCommit(
    ({ spec, before, decision, nowMs }) => {
      if (before?.rollout === undefined || before.rollout.evaluations === 0) return;
      if (before.awaiting !== 'analysis' && before.awaiting !== 'canary-ready') return;
      const isEvaluated = (decision.checks ?? []).some(({ name }) => name !== MANUAL_APPROVAL);
      if (isEvaluated) assert.ok(nowMs >= before.decidedAtMs + spec.analysis.intervalMs);
    },
  ),

  'nothing is decided for a suspended canary': ({ spec, decision, seen }) => {
    if (spec.suspend && !isRemoved(seen)) assert.equal(decision.kind, 'rest');
  },

  'a canary leaves only when it has left the source, and stays when it is back': ({
    decision,
    seen,
  }) => {
    if (isRemoved(seen)) assert.ok(!BEGINNINGS.has(decision.kind), decision.kind);
    else assert.ok(!LEAVING.has(decision.kind), decision.kind);
  },

  'nothing goes that traffic was sent to, unless its target is to go as well': ({
    before,
    decision,
    seen,
  }) => {
    if (decision.kind === 'drop-routes')
      assert.deepEqual(before?.weights, { primary: 0, canary: 100 });
    if (decision.kind !== 'terminated' || seen.source.removed?.target === 'removed') return;
    assert.ok(isUnrouted(before) || before?.awaiting === 'routes-gone', before?.awaiting);
  },

  'the same facts give the same decision, as plain data': ({
    spec,
    before,
    seen,
    nowMs,
    decision,
  }) => {
    const plain: unknown = JSON.parse(JSON.stringify(decision));
    assert.deepEqual(plain, decision);
    assert.deepEqual(decide(spec, before, seen, nowMs), decision);
  },
};

const GOES_ON: ReadonlySet<Change['kind']> = new Set<Change['kind']>([
  'open-routing',
  'initialized',
  'start',
  'advance',
  'check-failed',
  'halt',
  'halt-promotion',
  'promote',
  'skip-analysis',
  'shift',
  'finish',
  'terminate',
  'move-to-target',
  'drop-routes',
  'terminated',
]);

function assertApproved({ spec, approvals }: Commit, gate: Gate, revision: string, to = 0): void {
  if (!spec.gates.includes(gate)) return;
  const isApproved = approvals.some(
    (approval) =>
      approval.gate === gate && approval.revision === revision && to <= (approval.weight ?? 100),
  );
  assert.ok(isApproved, `gate ${gate} opened for revision ${revision} to weight ${to}`);
}
