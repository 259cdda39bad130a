import {
  ALERT_SEVERITIES,
  type AlertSeverity,
  type CanarySpec,
} from '../../constructs/canary-spec.ts';
import { unreachable } from '../core/errors.ts';
import type { CheckResult } from '../core/observation.ts';
import { refusalIn } from '../core/questions.ts';
import type { Alert, AlertField } from '../ports/notifier.ts';
import type { Taken } from './taken.ts';

/** What a decision is worth telling people: Flagger's words and severities. */
export type Announcement = Pick<Alert, 'severity' | 'message' | 'fields'>;

/** Nothing for a decision that people need not hear of. */
export function announcementOf(spec: CanarySpec, taken: Taken): Announcement | undefined {
  const { change, before } = taken;
  switch (change.kind) {
    case 'initialized':
      return info(`New ${spec.target.kind} detected, initialization completed.`, fieldsOf(spec));
    case 'start':
      // After a newer revision in mid-run it is still the same run.
      return before?.phase === 'Progressing'
        ? undefined
        : info('New revision detected, progressing canary analysis.', fieldsOf(spec));
    case 'finish':
      return info('Canary analysis completed successfully, promotion finished.');
    case 'skip-analysis':
      return info('Canary analysis was skipped, promotion finished.');
    case 'halt':
      return gateAlert(spec, refusalIn(change.checks ?? []), 'Canary is waiting for approval.');
    case 'halt-promotion':
      return gateAlert(
        spec,
        refusalIn(change.checks ?? []),
        'Canary promotion is waiting for approval.',
      );
    case 'reject':
    case 'rollback':
      return change.checks === undefined
        ? error(rollbackText(spec, taken, change.reason))
        : warn('Rolling back manual webhook invoked');
    case 'fail-promotion':
      return error(`Promotion failed, primary not ready: ${primaryTrouble(change.reason)}`);
    case 'create-primary':
    case 'open-routing':
    case 'restart':
    case 'advance':
    case 'check-failed':
    case 'promote':
    case 'shift':
    case 'return-traffic':
    case 'withdraw':
    case 'clean-up':
    case 'reconcile':
    case 'terminate':
    case 'move-to-target':
    case 'return-to-primary':
    case 'drop-routes':
    case 'terminated':
    case 'resume':
    case 'call-off':
    case 'post-rollout':
      return undefined;
    default:
      return unreachable(change);
  }
}

/**
 * Flagger has a text for a canary that passed its progress deadline, and code that never comes to
 * it; here every rollback is told.
 */
function rollbackText({ analysis }: CanarySpec, { before }: Taken, reason: string): string {
  const failedChecks = before?.rollout?.failedChecks ?? 0;
  if (failedChecks >= analysis.threshold) return `Failed checks threshold reached ${failedChecks}`;
  const unready = /^(?:canary|primary) failed: (.*)$/s.exec(reason);
  return unready === null ? `Rolling back: ${reason}` : `Progress deadline exceeded ${unready[1]}`;
}

export function primaryTrouble(reason: string): string {
  return reason.replace(/^promoted primary failed: /, '');
}

function fieldsOf({
  namespace,
  target,
  analysis,
  progressDeadlineSeconds,
}: CanarySpec): AlertField[] {
  return [
    { name: 'Target', value: `${target.kind}/${target.name}.${namespace}` },
    { name: 'Failed checks threshold', value: String(analysis.threshold) },
    { name: 'Progress deadline', value: `${progressDeadlineSeconds}s` },
    { name: 'Traffic routing', value: analysis.trafficRouting },
  ];
}

/** Nobody is told of a gate that says so. */
export function gateAlert(
  { analysis }: CanarySpec,
  closed: CheckResult | undefined,
  message: string,
): Announcement | undefined {
  const hook = analysis.webhooks.find(
    ({ name, type }) => name === closed?.name && type === closed.kind,
  );
  return hook?.muteAlert === true ? undefined : warn(message);
}

/** People have taken a canary over, and may not know it. */
export function heldAlert(message: string): Announcement {
  return warn(message);
}

function warn(message: string): Announcement {
  return { severity: 'warn', message, fields: [] };
}

function info(message: string, fields: readonly AlertField[] = []): Announcement {
  return { severity: 'info', message, fields };
}

function error(message: string): Announcement {
  return { severity: 'error', message, fields: [] };
}

/** Whether somebody who asked for one severity wants to hear of another. */
export function isHeard(asked: AlertSeverity, severity: AlertSeverity): boolean {
  return ALERT_SEVERITIES.indexOf(severity) >= ALERT_SEVERITIES.indexOf(asked);
}
