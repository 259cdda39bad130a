import type { CommitDraft } from '../ports/delivery-repository.ts';
import type { EngineMemory } from './memory.ts';
import type { PassContext } from './observe.ts';
import type { Undelivered } from './push-queue.ts';
import { type Proposal, subjectOf } from './reconcile.ts';
import type { QueuedDecision } from './result.ts';
import type { Waves } from './waves.ts';

export interface Decided {
  readonly context: Pick<PassContext, 'closed'>;
  readonly proposals: readonly Proposal[];
  /** What belongs to no canary. */
  readonly others: CommitDraft | undefined;
}

/** It was decided, and its commits are not on the branch. */
export function isUndelivered({ drafts }: Proposal, waves: Waves): boolean {
  return drafts.some((draft) => !waves.isPushed(draft));
}

/** Keeps in mind what was decided and is not on the branch yet, why, and for how long. */
export function enqueue(
  { queue }: EngineMemory,
  { context, proposals, others }: Decided,
  waves: Waves,
  nowMs: number,
): void {
  const delay = delayOf(context, waves, nowMs);
  if (delay === undefined) return queue.replace([]);
  const waiting = (drafts: readonly CommitDraft[], lane: QueuedDecision['lane']) => {
    return { lane, subjects: drafts.map(subjectOf), sinceMs: nowMs, ...delay };
  };
  const ofCanaries = proposals.flatMap((proposal): readonly Undelivered[] => {
    const { canary, record } = proposal.outcome;
    if (isUndelivered(proposal, waves)) {
      const decision = waiting(proposal.drafts, proposal.urgent ? 'urgent' : 'ordinary');
      return [{ decision: { canary, ...decision }, before: proposal.taken[0]?.before }];
    }
    const known = isHeldBack(proposal) && record && queue.of(canary, record);
    return known ? [{ decision: { ...known, ...delay }, before: record }] : [];
  });
  const isLeft = others !== undefined && !waves.isPushed(others);
  const ofNone = isLeft ? [{ decision: waiting([others], 'ordinary'), before: undefined }] : [];
  queue.replace([...ofCanaries, ...ofNone]);
}

/** Its checks are not made again before they can lead to anything. */
function isHeldBack({ outcome: { result } }: Proposal): boolean {
  return result.kind === 'waiting' && result.pendingEvidence === true;
}

/** Why what is not on the branch is not there. */
function delayOf(
  context: Pick<PassContext, 'closed'>,
  { failure, closed = context.closed }: Pick<Waves, 'failure' | 'closed'>,
  nowMs: number,
): Pick<QueuedDecision, 'why' | 'untilMs'> | undefined {
  if (failure === undefined) return closed && { why: closed.why, untilMs: closed.opensMs };
  const { why } = failure;
  const afterMs = 'retryAfterMs' in failure ? failure.retryAfterMs : undefined;
  return afterMs === undefined ? { why } : { why, untilMs: nowMs + afterMs };
}
