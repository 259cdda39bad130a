import { parseInstant } from '../../../engine/core/instant.ts';
import { type Fields, fields, list, text } from '../fields.ts';

/** Whether a workload can be gone on with, can be waited for, or cannot. */
export type Readiness = 'ready' | 'waiting' | 'failed';

/** A Deployment as Flagger judges it: the one of the target and that of the primary alike. */
export function judgeWorkload(
  object: Fields,
  thresholdPercent: number,
  deadlineSeconds: number,
  nowMs: number,
): Readiness {
  const { replicas = 1 } = fields(object['spec']);
  const status = fields(object['status']);
  const condition = (type: string) =>
    list(status['conditions']).find((each) => each['type'] === type);
  if (condition('Progressing')?.['reason'] === 'ProgressDeadlineExceeded') return 'failed';
  const updated = Number(status['updatedReplicas']);
  const required = Math.floor((updated * thresholdPercent) / 100);
  const isReady =
    updated >= Number(replicas) &&
    Number(status['replicas']) <= updated &&
    Number(status['availableReplicas']) >= required;
  if (isReady) return 'ready';
  const available = condition('Available');
  const sinceMs = parseInstant(text(available?.['lastUpdateTime'])) ?? nowMs;
  const isLate = available?.['status'] === 'False' && nowMs > sinceMs + deadlineSeconds * 1_000;
  return isLate ? 'failed' : 'waiting';
}
