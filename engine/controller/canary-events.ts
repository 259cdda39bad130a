import type { CanarySpec } from '../../constructs/canary-spec.ts';
import type { Change } from '../core/decision.ts';
import { unreachable } from '../core/errors.ts';
import type { CheckResult } from '../core/observation.ts';
import type { RolloutRecord } from '../core/record.ts';
import type { CanaryEvent } from '../ports/status-writer.ts';

/** What a decision says to whoever describes the Canary, in Flagger's words where it has any. */
export function canaryEvents(
  spec: CanarySpec,
  change: Change,
  record: RolloutRecord,
): readonly CanaryEvent[] {
  const type = isWarning(change, record) ? 'Warning' : 'Normal';
  const atMs = record.decidedAtMs;
  return messagesOf(spec, change, record).map((message) => ({ type, message, atMs }));
}

function isWarning({ kind }: Change, { phase }: RolloutRecord): boolean {
  const warns = kind === 'check-failed' || kind === 'rollback' || kind === 'fail-promotion';
  return warns || (kind === 'clean-up' && phase === 'Failed');
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

function primaryTrouble(reason: string): string {
  return reason.replace(/^promoted primary failed: /, '');
}

function failedOf(checks: readonly CheckResult[] = []): readonly CheckResult[] {
  return checks.filter(({ verdict }) => verdict !== 'pass');
}

function halt(spec: CanarySpec, canary: string, check: CheckResult): string {
  const { name, verdict, detail, value, range } = check;
  const isWebhook = spec.analysis.webhooks.some((webhook) => webhook.name === name);
  if (isWebhook) return `Halt ${canary} advancement external check ${name} failed ${detail}`;
  switch (verdict) {
    case 'inconclusive':
      return `Halt advancement no values found for ${spec.provider} metric ${name} probably ${canary} is not receiving traffic: ${detail}`;
    case 'error':
      return `Metric query failed for ${name}: ${detail}`;
    case 'pass':
    case 'fail':
      break;
  }
  if (name === 'request-success-rate' && value !== undefined) {
    const breach = value < (range?.min ?? -Infinity) ? `< ${range?.min}%` : `> ${range?.max}%`;
    return `Halt ${canary} advancement success rate ${value.toFixed(2)}% ${breach}`;
  }
  const what = name === 'request-duration' ? 'request duration' : name;
  return `Halt ${canary} advancement ${what} ${detail}`;
}
