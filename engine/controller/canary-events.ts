import type { CanarySpec } from '../../constructs/canary-spec.ts';
import type { Change } from '../core/decision.ts';
import { unreachable } from '../core/errors.ts';
import type { CheckResult } from '../core/observation.ts';
import type { Phase } from '../core/phase.ts';
import type { RolloutRecord } from '../core/record.ts';
import type { CanaryEvent } from '../ports/status-writer.ts';
import { primaryTrouble } from './alerts.ts';
import { metricHalt } from './metric-events.ts';
import type { Taken } from './taken.ts';

/** What a decision says to whoever describes the Canary, in Flagger's words where it has any. */
export function canaryEvents(
  spec: CanarySpec,
  taken: Pick<Taken, 'change' | 'before' | 'after'>,
): readonly CanaryEvent[] {
  const { change, after } = taken;
  const type = isWarning(change, after) ? 'Warning' : 'Normal';
  const phase = phaseOf(taken);
  const atMs = after.decidedAtMs;
  return messagesOf(spec, change, after).map((message) => ({ type, message, phase, atMs }));
}

function isWarning({ kind }: Change, { phase }: RolloutRecord): boolean {
  const warns = kind === 'check-failed' || kind === 'rollback' || kind === 'fail-promotion';
  return warns || (kind === 'clean-up' && phase === 'Failed');
}

/** Flagger tells some things before it changes the phase and some after it. */
function phaseOf({ change, before, after }: Pick<Taken, 'change' | 'before' | 'after'>): Phase {
  switch (change.kind) {
    case 'promote':
    case 'shift':
    case 'rollback':
    case 'fail-promotion':
    case 'withdraw':
      return before?.phase ?? after.phase;
    case 'create-primary':
    case 'open-routing':
    case 'initialized':
    case 'start':
    case 'restart':
    case 'advance':
    case 'check-failed':
    case 'finish':
    case 'return-traffic':
    case 'clean-up':
    case 'reconcile':
      return after.phase;
    default:
      return unreachable(change);
  }
}

/** Flagger names the canary in some messages and its target in others. */
function messagesOf(spec: CanarySpec, change: Change, { phase }: RolloutRecord): readonly string[] {
  const canary = `${spec.name}.${spec.namespace}`;
  const target = `${spec.target.name}.${spec.namespace}`;
  const primary = `${spec.target.name}-primary.${spec.namespace}`;
  switch (change.kind) {
    case 'create-primary':
      return [`New ${spec.target.kind} detected, starting initialization of ${canary}`];
    case 'open-routing':
    case 'return-traffic':
      return ['Routing all traffic to primary'];
    case 'initialized':
      return [`Initialization done! ${canary}`];
    case 'start':
      return [`New revision detected! Scaling up ${target}`];
    case 'restart':
      return [`New revision detected! Restarting analysis for ${target}`];
    case 'advance':
      return [
        ...(change.checks === undefined ? [`Starting canary analysis for ${target}`] : []),
        `Advance ${canary} canary weight ${change.weights.canary}`,
      ];
    case 'check-failed':
      return failedOf(change.checks).map((check) => halt(spec, canary, check));
    case 'promote':
      return [`Copying ${target} template spec to ${primary}`];
    case 'shift':
      return spec.analysis.stepWeightPromotion === 0
        ? ['Routing all traffic to primary']
        : [`Advance ${canary} primary weight ${change.weights.primary}`];
    case 'finish':
      return [`Promotion completed! Scaling down ${target}`];
    case 'rollback':
    case 'withdraw':
      return [`Rolling back ${canary} ${change.reason}`];
    case 'fail-promotion':
      return [`Promotion of ${canary} failed, primary not ready: ${primaryTrouble(change.reason)}`];
    case 'clean-up':
      return [
        phase === 'Failed' ? `Canary failed! Scaling down ${canary}` : `Scaling down ${target}`,
      ];
    case 'reconcile':
      return [`Carrying over changed options of ${canary}`];
    default:
      return unreachable(change);
  }
}

function failedOf(checks: readonly CheckResult[] = []): readonly CheckResult[] {
  return checks.filter(({ verdict }) => verdict !== 'pass');
}

function halt(spec: CanarySpec, canary: string, check: CheckResult): string {
  const { name, metric, detail } = check;
  if (metric !== undefined) return metricHalt(spec, canary, { ...check, metric });
  const said = detail.replace(/^webhook failed: /, '');
  return `Halt ${canary} advancement external check ${name} failed ${said}`;
}
