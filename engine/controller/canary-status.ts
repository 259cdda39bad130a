import type { TargetKind } from '../../constructs/canary-spec.ts';
import { formatInstant } from '../core/instant.ts';
import type { Phase } from '../core/phase.ts';
import type { RolloutRecord } from '../core/record.ts';
import type { CanaryCondition, CanaryStatus } from '../ports/status-writer.ts';

type ConditionStatus = CanaryCondition['status'];

/** Flagger's condition `Promoted`, phase by phase; `kubectl wait` and Argo CD read it. */
const PROMOTED: Record<Phase, readonly [ConditionStatus, string]> = {
  Initializing: ['Unknown', 'New KIND detected, starting initialization.'],
  Initialized: ['True', 'KIND initialization completed.'],
  Waiting: ['Unknown', 'Waiting for approval.'],
  Progressing: ['Unknown', 'New revision detected, progressing canary analysis.'],
  WaitingPromotion: ['Unknown', 'Waiting for approval.'],
  Promoting: ['Unknown', 'Canary analysis completed, starting primary rolling update.'],
  Finalising: ['Unknown', 'Canary analysis completed, routing all traffic to primary.'],
  Succeeded: ['True', 'Canary analysis completed successfully, promotion finished.'],
  Failed: ['False', 'Canary analysis failed, KIND scaled to zero.'],
  Terminating: ['Unknown', 'Canary removed, returning its traffic to the KIND.'],
};

/** The status of a Canary object, by its record, and whatever else there is to say of it. */
export function canaryStatus(
  record: RolloutRecord,
  others: readonly CanaryCondition[] = [],
  kind: TargetKind = 'Deployment',
): CanaryStatus {
  return {
    phase: record.phase,
    canaryWeight: record.weights.canary,
    failedChecks: failedChecks(record),
    iterations: iterations(record),
    lastAppliedSpec: appliedRevision(record),
    lastPromotedSpec: record.promoted.revision,
    lastTransitionTime: statusTime(record.decidedAtMs),
    conditions: [promoted(record, kind), ...others],
  };
}

export function conditionOf(
  condition: Pick<CanaryCondition, 'type' | 'status' | 'reason' | 'message'>,
  sinceMs: number,
): CanaryCondition {
  const time = statusTime(sinceMs);
  return { ...condition, lastUpdateTime: time, lastTransitionTime: time };
}

function promoted({ phase, lastTransitionMs }: RolloutRecord, kind: TargetKind): CanaryCondition {
  const [status, text] = PROMOTED[phase];
  const message = text.replace('KIND', kind);
  return conditionOf({ type: 'Promoted', status, reason: phase, message }, lastTransitionMs);
}

/** Flagger counts from zero again when it rolls back, and keeps the count of a run that succeeded. */
function failedChecks({ phase, rollout }: RolloutRecord): number {
  switch (phase) {
    case 'Initializing':
    case 'Initialized':
    case 'Failed':
    case 'Terminating':
      return 0;
    case 'Waiting':
      return rollout?.outcome === 'promoted' ? rollout.failedChecks : 0;
    case 'Progressing':
    case 'WaitingPromotion':
    case 'Promoting':
    case 'Finalising':
    case 'Succeeded':
      return rollout?.failedChecks ?? 0;
  }
}

/** Flagger forgets them once the traffic is on its way back. */
function iterations({ phase, rollout }: RolloutRecord): number {
  const isCounting = phase === 'Progressing' || phase === 'WaitingPromotion';
  return isCounting || phase === 'Promoting' ? (rollout?.iterations ?? 0) : 0;
}

/** While nothing was begun, and after a withdrawal, the target says what the primary runs. */
function appliedRevision({ phase, promoted: primary, rollout }: RolloutRecord): string {
  const isAtFirst = phase === 'Initializing' || phase === 'Initialized';
  const isPending = phase === 'Waiting' && rollout?.outcome === undefined;
  return isAtFirst || isPending || rollout === undefined ? primary.revision : rollout.revision;
}

function statusTime(instantMs: number): string {
  return formatInstant(instantMs).replace(/\.\d+Z$/, 'Z');
}
