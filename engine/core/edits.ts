import { type Change, isUrgent, type Wait } from './decision.ts';

/**
 * What becomes of a canary whose files somebody else has edited on the delivery branch: it holds until
 * people have put them back, or the engine puts them back.
 */
export type EditPolicy = 'hold' | 'heal';

/** A file of the engine that is not as the engine has left it. */
export interface EditedFile {
  readonly path: string;
  /** What the engine has left there, by its id; nothing where it has left no such file. */
  readonly left: string | undefined;
  /** The newest commit that edited it, and who wrote that. */
  readonly commit: string;
  readonly author: string;
}

/** The edited files of one canary, by path. */
export type Edits = ReadonlyMap<string, EditedFile>;

export const NO_EDITS: Edits = new Map();

/** Ids of files by path. */
export type FileIds = ReadonlyMap<string, string>;

/** Somebody else has committed: what is as the engine left it, or is so again, is not edited. */
export function editedBy(
  edits: Edits,
  { commit, author }: Pick<EditedFile, 'commit' | 'author'>,
  before: FileIds,
  after: FileIds,
): Edits {
  const next = new Map(edits);
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    if (before.get(path) === after.get(path)) continue;
    const known = edits.get(path);
    const left = known === undefined ? before.get(path) : known.left;
    if (after.get(path) === left) next.delete(path);
    else next.set(path, { path, left, commit, author });
  }
  return next;
}

/** The engine has committed: what it wrote is as it left it. */
export function writtenOver(edits: Edits, before: FileIds, after: FileIds): Edits {
  return new Map([...edits].filter(([path]) => before.get(path) === after.get(path)));
}

/** What may be done beside edits: it takes traffic away, and leaves every edited file alone. */
export function isSafeBeside(edits: Edits, change: Change, paths: readonly string[]): boolean {
  return isUrgent(change) && !paths.some((path) => edits.has(path));
}

/** A canary that people have taken over; `wanted` would take traffic away and undo what they wrote. */
export function heldByEdits(
  edits: Edits,
  wanted?: Pick<Change, 'kind' | 'reason'>,
): Extract<Wait, { kind: 'blocked' }> {
  const files = [...edits.values()].map(editText).join(', ');
  const due =
    wanted === undefined ? '' : `; it would undo that to ${wanted.kind} now: ${wanted.reason}`;
  const commits = [...new Set([...edits.values()].map(({ commit }) => commit.slice(0, 12)))];
  return {
    kind: 'blocked',
    why: `edited-by-hand: ${files}${due}`,
    remedy: `git revert ${commits.join(' ')} on the delivery branch, or have it healed: delivery.edits: heal`,
  };
}

function editText({ path, commit, author }: EditedFile): string {
  return `${path} in ${commit.slice(0, 12)} by ${author}`;
}
