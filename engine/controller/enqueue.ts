import type { CanaryKey } from '../../constructs/canary-spec.ts';
import type { CommitDraft } from '../ports/delivery-repository.ts';
import type { EngineMemory } from './memory.ts';
import type { ClosedWindow } from './push-gate.ts';
import type { Undelivered } from './push-queue.ts';
import { type Proposal, subjectOf } from './reconcile.ts';
import type { QueuedDecision } from './result.ts';
import type { OtherDrafts, PushFailure, Waves } from './waves.ts';

export interface Decided {
  readonly closed: ClosedWindow | undefined;
  readonly proposals: readonly Proposal[];
  /** What belongs to no canary, by branch. */
  readonly others: OtherDrafts;
  readonly branchOf: (canary: CanaryKey) => string;
}

/** It was decided, and its commits are not on the branch. */
export function isUndelivered({ drafts }: Proposal, waves: Waves): boolean {
  return drafts.some((draft) => !waves.isPushed(draft));
}

/** Keeps in mind what was decided and is not on its branch yet, why, and for how long. */
export function enqueue(
  { queue }: EngineMemory,
  { closed, proposals, others, branchOf }: Decided,
  waves: Waves,
  nowMs: number,
): void {
  const delayOn = (branch: string) =>
    delayOf(waves.failureOn(branch), waves.closed ?? closed, nowMs);
  const waiting = (drafts: readonly CommitDraft[], lane: QueuedDecision['lane'], delay: Delay) => {
    return { lane, subjects: drafts.map(subjectOf), sinceMs: nowMs, ...delay };
  };
  const ofCanaries = proposals.flatMap((proposal): readonly Undelivered[] => {
    const { canary, record } = proposal.outcome;
    const delay = delayOn(branchOf(canary));
    if (delay === undefined) return [];
    if (isUndelivered(proposal, waves)) {
      const decision = waiting(proposal.drafts, proposal.urgent ? 'urgent' : 'ordinary', delay);
      return [{ decision: { canary, ...decision }, before: proposal.taken[0]?.before }];
    }
    const known = isHeldBack(proposal) && record && queue.of(canary, record);
    return known ? [{ decision: { ...known, ...delay }, before: record }] : [];
  });
  const ofNone = [...others].flatMap(([branch, drafts]): readonly Undelivered[] => {
    const left = drafts.filter((draft) => !waves.isPushed(draft));
    const delay = left.length === 0 ? undefined : delayOn(branch);
    return delay === undefined
      ? []
      : [{ decision: waiting(left, 'ordinary', delay), before: undefined }];
  });
  queue.replace([...ofCanaries, ...ofNone]);
}

/** Its checks are not made again before they can lead to anything. */
function isHeldBack({ outcome: { result } }: Proposal): boolean {
  return result.kind === 'waiting' && result.pendingEvidence === true;
}

type Delay = Pick<QueuedDecision, 'why' | 'untilMs'>;

/** Why what is not on the branch is not there. */
function delayOf(
  failure: PushFailure | undefined,
  closed: ClosedWindow | undefined,
  nowMs: number,
): Delay | undefined {
  if (failure === undefined) return closed && { why: closed.why, untilMs: closed.opensMs };
  const { why } = failure;
  const afterMs = 'retryAfterMs' in failure ? failure.retryAfterMs : undefined;
  return afterMs === undefined ? { why } : { why, untilMs: nowMs + afterMs };
}
