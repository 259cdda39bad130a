import type { CanarySpec } from '../../constructs/canary-spec.ts';
import type { Advance, Change, Leave } from '../core/decision.ts';
import { unreachable } from '../core/errors.ts';
import type { CheckResult } from '../core/observation.ts';
import type { Phase } from '../core/phase.ts';
import { refusalIn } from '../core/questions.ts';
import type { CanaryEvent } from '../ports/status-writer.ts';
import { primaryTrouble } from './alerts.ts';
import { metricHalt } from './metric-events.ts';
import type { Taken } from './taken.ts';

/** What a decision says to whoever describes the Canary, in Flagger's words where it has any. */
export function canaryEvents(
  spec: CanarySpec,
  { change, before, after }: Pick<Taken, 'change' | 'before' | 'after'>,
): readonly CanaryEvent[] {
  const phases = { before: before?.phase ?? after.phase, after: after.phase };
  const isFirstPass = before?.awaiting === 'canary-ready';
  return sayingsOf(spec, change, phases, isFirstPass).map(({ when = 'after', ...said }) => ({
    ...said,
    phase: phases[when],
    atMs: after.decidedAtMs,
  }));
}

interface Saying extends Pick<CanaryEvent, 'type' | 'message'> {
  /** Flagger tells some things before it changes the phase and some after it. */
  readonly when?: 'before' | 'after';
}

interface Phases {
  readonly before: Phase;
  readonly after: Phase;
}

function normal(message: string, when?: Saying['when']): Saying {
  return { type: 'Normal', message, ...(when === undefined ? {} : { when }) };
}

function warning(message: string, when?: Saying['when']): Saying {
  return { type: 'Warning', message, ...(when === undefined ? {} : { when }) };
}

/** Flagger names the canary in some messages and its target in others. */
function canaryOf({ name, namespace }: CanarySpec): string {
  return `${name}.${namespace}`;
}

function targetOf({ target, namespace }: CanarySpec): string {
  return `${target.name}.${namespace}`;
}

function sayingsOf(
  spec: CanarySpec,
  change: Change,
  phases: Phases,
  isFirstPass: boolean,
): readonly Saying[] {
  const canary = canaryOf(spec);
  const target = targetOf(spec);
  switch (change.kind) {
    case 'create-primary':
      return [normal(`New ${spec.target.kind} detected, starting initialization of ${canary}`)];
    case 'open-routing':
    case 'return-traffic':
      return [normal('Routing all traffic to primary')];
    case 'initialized':
      return [normal(`Initialization done! ${canary}`)];
    case 'halt': {
      const gate = refusalIn(change.checks ?? []);
      return [warning(`Halt ${canary} advancement waiting for approval ${gate?.name}`, 'before')];
    }
    case 'call-off':
      return [normal(`${canary} waits for no approval any more: ${change.reason}`)];
    case 'start':
      return [...hookSayings(change.checks), normal(`New revision detected! Scaling up ${target}`)];
    case 'restart':
      return [normal(`New revision detected! Restarting analysis for ${target}`)];
    case 'advance':
      return [...analysisSayings(spec, change, isFirstPass), ...advanceSayings(spec, change)];
    case 'check-failed':
      return [
        ...analysisSayings(spec, change, isFirstPass),
        ...failedOf(change.checks).map((check) => warning(halt(spec, canary, check))),
      ];
    case 'halt-promotion': {
      const gate = refusalIn(change.checks ?? []);
      const what = `waiting for promotion approval ${gate?.name}`;
      return [
        ...hookSayings(change.checks),
        warning(`Halt ${canary} advancement ${what}`, 'before'),
      ];
    }
    case 'promote':
      return [...hookSayings(change.checks), copying(spec)];
    case 'skip-analysis':
      return [
        copying(spec),
        normal(`Promotion completed! Canary analysis was skipped for ${target}`),
      ];
    case 'shift':
    case 'finish':
    case 'reject':
    case 'rollback':
    case 'withdraw':
    case 'fail-promotion':
    case 'clean-up':
    case 'post-rollout':
      return endSayings(spec, change, phases);
    case 'reconcile':
      return [normal(`Carrying over changed options of ${canary}`)];
    case 'terminate':
    case 'move-to-target':
    case 'return-to-primary':
    case 'drop-routes':
    case 'terminated':
    case 'resume':
      return leaveSayings(spec, change, phases);
    default:
      return unreachable(change);
  }
}

type Ending = Extract<
  Change,
  {
    readonly kind:
      | 'shift'
      | 'finish'
      | 'reject'
      | 'rollback'
      | 'withdraw'
      | 'fail-promotion'
      | 'clean-up'
      | 'post-rollout';
  }
>;

/** The traffic is on its way back, one way or the other. */
function endSayings(spec: CanarySpec, change: Ending, phases: Phases): readonly Saying[] {
  const canary = canaryOf(spec);
  const target = targetOf(spec);
  switch (change.kind) {
    case 'shift':
      if (spec.provider === 'kubernetes') return [];
      return spec.analysis.stepWeightPromotion === 0
        ? [normal('Routing all traffic to primary', 'before')]
        : [normal(`Advance ${canary} primary weight ${change.weights.primary}`, 'before')];
    case 'finish':
      return [normal(`Promotion completed! Scaling down ${target}`)];
    case 'reject':
    case 'rollback':
    case 'withdraw':
      return [
        ...hookSayings(change.checks),
        change.kind === 'withdraw'
          ? normal(`Rolling back ${canary} ${change.reason}`, 'before')
          : warning(`Rolling back ${canary} ${change.reason}`, 'before'),
      ];
    case 'fail-promotion': {
      const why = primaryTrouble(change.reason);
      return [warning(`Promotion of ${canary} failed, primary not ready: ${why}`, 'before')];
    }
    case 'clean-up':
      return phases.after === 'Failed'
        ? [warning(`Canary failed! Scaling down ${canary}`)]
        : [normal(`Scaling down ${target}`)];
    case 'post-rollout':
      return hookSayings(change.checks);
    default:
      return unreachable(change);
  }
}

/** A canary whose target goes with it is taken away by one decision. */
function leaveSayings(spec: CanarySpec, change: Leave, phases: Phases): readonly Saying[] {
  const canary = canaryOf(spec);
  const target = targetOf(spec);
  const terminating = normal(`Terminating canary ${canary}`, 'before');
  switch (change.kind) {
    case 'terminate':
      return [terminating];
    case 'move-to-target':
      return [normal(`Routing all traffic to ${target}`)];
    case 'return-to-primary':
      return [warning(`Routing all traffic back to primary: ${change.reason}`)];
    case 'drop-routes':
      return [normal(`Removing the routes of ${canary}`)];
    case 'terminated':
      return [
        ...(phases.before === 'Terminating' ? [] : [terminating]),
        normal(`Terminated canary ${canary}`),
      ];
    case 'resume':
      return [normal(`Terminating canary ${canary} no longer: routing all traffic to primary`)];
    default:
      return unreachable(change);
  }
}

function copying(spec: CanarySpec): Saying {
  const primary = `${spec.target.name}-primary.${spec.namespace}`;
  return normal(`Copying ${targetOf(spec)} template spec to ${primary}`, 'before');
}

function advanceSayings(spec: CanarySpec, advance: Advance): readonly Saying[] {
  const { strategy } = spec.analysis;
  const { weights, iterations } = advance;
  if (strategy.kind === 'canary' || iterations === undefined) {
    return [normal(`Advance ${canaryOf(spec)} canary weight ${weights.canary}`)];
  }
  if (iterations <= strategy.iterations) {
    const progress = `${iterations}/${strategy.iterations}`;
    return [normal(`Advance ${canaryOf(spec)} canary iteration ${progress}`)];
  }
  // Services alone route nothing, and Flagger says nothing of it.
  if (weights.canary === 0) return [];
  const isMirrored = strategy.kind === 'blue-green' && strategy.mirror !== undefined;
  return [
    normal(
      isMirrored
        ? 'Stop traffic mirroring and route all traffic to canary'
        : 'Routing all traffic to canary',
    ),
  ];
}

/** In the first pass the rollback hooks are asked before anything begins. */
function analysisSayings(
  spec: CanarySpec,
  { checks = [] }: Change,
  isFirstPass: boolean,
): readonly Saying[] {
  if (!isFirstPass) return hookSayings(checks);
  return [
    ...hookSayings(checks.filter(({ kind }) => kind === 'rollback')),
    analysisStart(spec),
    ...hookSayings(checks.filter(({ kind }) => kind !== 'rollback')),
  ];
}

export function analysisStart(spec: CanarySpec): Pick<CanaryEvent, 'type' | 'message'> {
  return { type: 'Normal', message: `Starting canary analysis for ${targetOf(spec)}` };
}

/** What was answered by whom, where that is worth a word by itself. */
function hookSayings(checks: readonly CheckResult[] = []): readonly Saying[] {
  return checks.flatMap(({ kind, name, verdict, detail }): readonly Saying[] => {
    const isPassed = verdict === 'pass';
    switch (kind) {
      case 'rollback':
        return isPassed
          ? [normal(`Rollback hook ${name} not signaling a rollback`, 'before')]
          : [warning(`Rollback check ${name} passed`, 'before')];
      case 'confirm-rollout':
      case 'pre-rollout':
      case 'confirm-traffic-increase':
      case 'confirm-promotion': {
        const what = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
        return isPassed ? [normal(`${what} check ${name} passed`, 'before')] : [];
      }
      case 'post-rollout':
        return isPassed
          ? [normal(`Post-rollout check ${name} passed`)]
          : [warning(`Post-rollout hook ${name} ${failure(detail)}`)];
      case 'rollout':
      case 'metric':
        return [];
    }
  });
}

function failedOf(checks: readonly CheckResult[] = []): readonly CheckResult[] {
  return checks.filter(({ verdict }) => verdict !== 'pass');
}

function halt(spec: CanarySpec, canary: string, check: CheckResult): string {
  const { kind, name, metric, detail } = check;
  if (metric !== undefined) return metricHalt(spec, canary, { ...check, metric });
  const what = kind === 'pre-rollout' ? 'pre-rollout check' : 'external check';
  return `Halt ${canary} advancement ${what} ${name} ${failure(detail)}`;
}

/** As Flagger writes it, without the colon. */
function failure(detail: string): string {
  return detail.replace(/^failed: /, 'failed ');
}
