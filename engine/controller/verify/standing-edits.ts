import type { CanaryKey } from '../../../constructs/canary-spec.ts';
import { isUrgentKind } from '../../core/decision.ts';
import { editedBy, type Edits, NO_EDITS } from '../../core/edits.ts';
import { canaryOfPath, isEnginesFile } from '../../core/paths.ts';
import type { AuditedCommit } from '../../ports/branch-history.ts';
import { healMessage } from '../../render/heal.ts';
import { changesOwned } from './commit-rules.ts';

/**
 * What people have edited of the engine's files, as it stands at a commit of the history. It may stand
 * while the engine holds the canary; it must be put back, by people or by a commit that heals it, before
 * the engine goes on.
 */
export class StandingEdits<Counts> {
  readonly #edits = new Map<CanaryKey, Edits>();
  readonly #firsts = new Map<CanaryKey, Edited<Counts>>();

  has(canary: CanaryKey): boolean {
    return this.#edits.has(canary);
  }

  /** A person has committed; `counts` is what had been counted until then. */
  take(commit: AuditedCommit, counts: Counts): void {
    const own = Map.groupBy(commit.changes, ({ path }) => editedCanary(path));
    const author = commit.author.replace(/ <[^<]*$/, '');
    for (const [canary, changes] of own) {
      if (canary === undefined) continue;
      const before = idsOf(changes, 'before');
      const after = idsOf(changes, 'after');
      const known = this.#edits.get(canary) ?? NO_EDITS;
      const edits = editedBy(known, { commit: commit.commit, author }, before, after);
      if (edits.size === 0) this.#forget(canary);
      else {
        this.#edits.set(canary, edits);
        const [path = ''] = edits.keys();
        const first = { commit, why: changesOwned(path), counts };
        if (!this.#firsts.has(canary)) this.#firsts.set(canary, first);
      }
    }
  }

  /** Whether a decision goes on over an edit, or undoes it without saying so. */
  forbid(canary: CanaryKey, decision: string, { changes }: AuditedCommit): boolean {
    const edits = this.#edits.get(canary);
    if (edits === undefined) return false;
    return !isUrgentKind(decision) || changes.some(({ path }) => edits.has(path));
  }

  /** Why a commit does not put everything back that was edited, and nothing else; or nothing. */
  healTrouble({ changes, message }: AuditedCommit, canary: CanaryKey): string | undefined {
    const edits = this.#edits.get(canary);
    if (edits === undefined) return 'it heals, and nothing was edited';
    const after = new Map(changes.map((change) => [change.path, change.after]));
    const paths = new Set([...edits.keys(), ...after.keys()]);
    const wrong = [...paths].find((path) => {
      const edit = edits.get(path);
      return edit === undefined || !after.has(path) || after.get(path) !== edit.left;
    });
    if (wrong !== undefined) return `it leaves ${wrong} otherwise than the engine had left it`;
    if (message !== healMessage(canary, edits)) return 'its message is not that of what it heals';
    this.#forget(canary);
    return undefined;
  }

  /** The oldest edit of those that stand. */
  get first(): Edited<Counts> | undefined {
    return this.#firsts.values().next().value;
  }

  #forget(canary: CanaryKey): void {
    this.#edits.delete(canary);
    this.#firsts.delete(canary);
  }
}

interface Edited<Counts> {
  readonly commit: AuditedCommit;
  readonly why: string;
  readonly counts: Counts;
}

/** The canary whose file of the engine's a path is. */
export function editedCanary(path: string): CanaryKey | undefined {
  const canary = canaryOfPath(path);
  return canary !== undefined && isEnginesFile(canary, path) ? canary : undefined;
}

function idsOf(
  changes: AuditedCommit['changes'],
  side: 'before' | 'after',
): ReadonlyMap<string, string> {
  return new Map(
    changes.flatMap((change) => {
      const id = change[side];
      return id === undefined ? [] : [[change.path, id] as const];
    }),
  );
}
