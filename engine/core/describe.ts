import type { CanarySpec, StrategySpec } from '../../constructs/canary-spec.ts';
import type { Advance, Change } from './decision.ts';
import type { RolloutRecord } from './record.ts';

/** What a change does, in the words of the commit subject; `record` is the one after it. */
export function describeChange(
  change: Change,
  record: RolloutRecord,
  { analysis }: CanarySpec,
): string {
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
      return describeAdvance(change, analysis.strategy);
    case 'check-failed':
      return `check failed, ${rollout?.failedChecks} of ${analysis.threshold}`;
    case 'halt':
      return 'wait for approval';
    case 'call-off':
      return 'wait for approval no longer';
    case 'reject':
      return `reject revision ${change.release.revision}`;
    case 'halt-promotion':
      return 'wait for approval of the promotion';
    case 'skip-analysis':
      return `promote revision ${rollout?.revision}, scale target to 0`;
    case 'post-rollout':
      return 'call post-rollout hooks';
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
    case 'terminate':
      return 'leave: scale target as in the source';
    case 'move-to-target':
      return 'leave: route all traffic to target';
    case 'return-to-primary':
      return 'leave: route all traffic back to primary';
    case 'drop-routes':
      return 'leave: let the public Service lead to target';
    case 'terminated':
      return 'leave: remove primary';
    case 'resume':
      return 'stay: route all traffic to primary';
  }
}

function describeAdvance({ weights, mirrored, iterations }: Advance, strategy: StrategySpec) {
  if (iterations === undefined || strategy.kind === 'canary') {
    return mirrored ? 'mirror traffic to canary' : `canary weight ${weights.canary}`;
  }
  const isSwitch = strategy.kind === 'blue-green' && weights.canary > 0;
  return isSwitch ? 'route all traffic to canary' : `canary iteration ${iterations}`;
}
