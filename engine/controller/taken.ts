import type { Change } from '../core/decision.ts';
import type { RolloutRecord } from '../core/record.ts';
import type { CommitDraft } from '../ports/delivery-repository.ts';

/** A decision that leads to a commit, with the record on both sides of it. */
export interface Taken {
  readonly change: Change;
  readonly before: RolloutRecord | undefined;
  readonly after: RolloutRecord;
  readonly draft: CommitDraft;
}
