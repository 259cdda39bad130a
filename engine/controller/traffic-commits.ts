import type { CanaryKey } from '../../constructs/canary-spec.ts';
import { canaryFolders } from '../core/paths.ts';
import type { RolloutRecord } from '../core/record.ts';
import { isOfRollout } from '../render/message.ts';
import type { Taken } from './taken.ts';

/** What is known of the commits of one rollout. */
export interface Chain {
  /** Those that moved its traffic, newest first. */
  readonly commits: readonly string[];
  /** The oldest commit from which on all of them are known; absent: all of them are. */
  readonly from?: string;
}

interface Known extends Chain {
  readonly latest: RolloutRecord;
}

/**
 * The commits by which this engine has moved traffic, rollout by rollout. A rollback names those that
 * it undoes, and to find them in the history takes the longer the more others have committed since.
 */
export class TrafficCommits {
  readonly #known = new Map<CanaryKey, Known>();

  pushed({ before, after, draft }: Taken, commit: string): void {
    const folder = `${canaryFolders(after.canary).traffic}/`;
    const moves = isOfRollout(after) && draft.changes.some(({ path }) => path.startsWith(folder));
    const known = this.#chain(before, after) ?? { commits: [], from: commit };
    const commits = moves ? [commit, ...known.commits] : known.commits;
    this.#known.set(after.canary, { ...known, commits, latest: after });
  }

  /** @param standing the record at the tip; when somebody else has written it nothing is known. */
  of(standing: RolloutRecord): Chain | undefined {
    const known = this.#known.get(standing.canary);
    return known?.latest === standing ? known : undefined;
  }

  /** A rollout has no commit before the decision that begins it. */
  #chain(before: RolloutRecord | undefined, after: RolloutRecord): Chain | undefined {
    if (before?.rollout?.number !== after.rollout?.number) return { commits: [] };
    return before && this.of(before);
  }
}
