import type { CanaryKey, CanarySpec } from '../../constructs/canary-spec.ts';
import type { CanaryCondition, CanaryReport, StatusWriter } from '../ports/status-writer.ts';
import { canaryEvents } from './canary-events.ts';
import { canaryStatus, conditionOf } from './canary-status.ts';
import type { Proposal } from './reconcile.ts';
import type { ReconcileResult } from './result.ts';
import type { WaitNews } from './wait-news.ts';

interface Shown {
  readonly proposals: readonly Proposal[];
  readonly specs: ReadonlyMap<CanaryKey, CanarySpec>;
  /** What began to be waited for. */
  readonly news?: ReadonlyMap<CanaryKey, WaitNews>;
}

/** Shows what stands on the delivery branch after a pass, and what was decided in it. */
export function showStatus(writer: StatusWriter | undefined, shown: Shown): void {
  writer?.write(shown.proposals.flatMap((proposal) => reportOf(proposal, shown)));
}

function reportOf({ outcome, taken }: Proposal, { specs, news }: Shown): readonly CanaryReport[] {
  const { canary, record } = outcome;
  if (record === undefined) return [];
  const spec = specs.get(canary);
  const decided = spec === undefined ? [] : taken.flatMap((each) => canaryEvents(spec, each));
  const events = [...decided, ...(news?.get(canary)?.events ?? [])];
  const status = canaryStatus(record, notLiveOf(outcome.result), spec?.target.kind);
  return [{ canary, status, events }];
}

function notLiveOf(result: ReconcileResult): readonly CanaryCondition[] {
  if (result.kind !== 'waiting' || result.notLive === undefined) return [];
  const { reason: message, sinceMs } = result.notLive;
  return [conditionOf({ type: 'Live', status: 'False', reason: 'NotLive', message }, sinceMs)];
}
