import type { Change } from './decision.ts';
import type { RolloutRecord } from './record.ts';

/** What a change does, in the words of the commit subject; `record` is the one after it. */
export function describeChange(change: Change, record: RolloutRecord, threshold: number): string {
  const rollout = record.rollout;
  switch (change.kind) {
    case 'create-primary':
      return 'initialize: create primary';
    case 'open-routing':
      return 'initialize: route all traffic to primary';
    case 'initialized':
      return 'initialize: scale target to 0';
    case 'start':
      return `start rollout ${rollout?.number}`;
    case 'restart':
      return `restart as rollout ${rollout?.number}, canary weight 0`;
    case 'advance':
      return `canary weight ${change.weights.canary}`;
    case 'check-failed':
      return `check failed, ${rollout?.failedChecks} of ${threshold}`;
    case 'promote':
      return `promote revision ${rollout?.revision}`;
    case 'shift':
      return change.weights.canary === 0
        ? 'shift all traffic to primary'
        : `shift to primary weight ${change.weights.primary}`;
    case 'finish':
      return 'finish, scale target to 0';
    case 'rollback':
      return 'rollback, canary weight 0';
    case 'fail-promotion':
      return 'promotion failed, restore primary, canary weight 100';
    case 'return-traffic':
      return 'return traffic to the restored primary';
    case 'withdraw':
      return 'withdraw, canary weight 0';
    case 'clean-up':
      return 'clean up, scale target to 0';
    case 'reconcile':
      return 'carry over changed options';
  }
}
