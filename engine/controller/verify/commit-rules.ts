import type { AuditedCommit } from '../../ports/branch-history.ts';
import {
  canaryFolders,
  canaryMovePath,
  isOthersPath,
  leftFolder,
  leftTwin,
  othersFolder,
  othersMovePath,
  othersTwin,
} from '../../core/paths.ts';
import type { CanaryKey } from '../../../constructs/canary-spec.ts';

export interface CommitRules {
  /** Every decision must carry a signature that Git trusts. */
  readonly signed: boolean;
  /** A file that people may have edited, as long as the engine does not go on before it is put back. */
  readonly isEditable: (path: string) => boolean;
}

/** What must hold of any commit, whatever it decides: parents, signature, and whose paths it touches. */
export function commitTrouble(
  commit: AuditedCommit,
  previous: string | undefined,
  { signed, isEditable }: CommitRules,
): string | undefined {
  const [parent] = commit.parents;
  if (parent !== previous) return 'it does not follow the commit before it';
  const trailers = trailersOf(commit.message);
  const decision = trailers.get('Decision');
  if (decision === undefined) return foreignTrouble(commit, isEditable);
  if (commit.parents.length > 1) return 'a decision is never a merge';
  if (signed && commit.signature !== 'good') {
    return commit.signature === 'bad' ? 'its signature is not good' : 'it is not signed';
  }
  const canary = trailers.get('Canary');
  if (canary === undefined && decision !== 'carry-over' && decision !== 'move') {
    return `it names no canary for its decision ${decision}`;
  }
  const isOwn = ownershipOf(commit, canary, decision, trailers);
  const stray = commit.changes.find((change) => !isOwn(change));
  if (stray !== undefined) return `it changes ${stray.path}, which is not its own`;
  const odd = commit.changes.find(({ after, mode }) => after !== undefined && mode !== PLAIN_FILE);
  return odd === undefined ? undefined : `${odd.path} is no plain file (mode ${odd.mode})`;
}

/** Somebody else's commit: the control files are theirs, and whatever the engine does not own. */
function foreignTrouble(
  { changes }: AuditedCommit,
  isEditable: (path: string) => boolean,
): string | undefined {
  const stray = changes.find(
    ({ path }) => ENGINES.test(path) && !CONTROL.test(path) && !isEditable(path),
  );
  return stray && changesOwned(stray.path);
}

export function changesOwned(path: string): string {
  return `it changes ${path} and is no decision: only the engine writes there`;
}

const PLAIN_FILE = '100644';
const ENGINES = /^(workloads|traffic|rollouts)\//;
export const CONTROL = /^rollouts\/[^/]+\/[^/]+\/control\.yaml$/;

/** The file that says what a commit moves. */
export function movePathOf(
  canary: string | undefined,
  trailers: ReadonlyMap<string, string>,
): string {
  return canary === undefined
    ? othersMovePath(trailers.get('Moved-From') ?? '', trailers.get('Moved-To') ?? '')
    : canaryMovePath(canary as CanaryKey);
}

type IsOwn = (change: AuditedCommit['changes'][number]) => boolean;

/**
 * Beside its own folders a canary's decision touches what moves into them or out of them, what it
 * leaves to those who are served by it, and the notes on what it is going to take over.
 */
function ownershipOf(
  { changes }: AuditedCommit,
  canary: string | undefined,
  decision: string,
  trailers: ReadonlyMap<string, string>,
): IsOwn {
  const isOwned =
    canary === undefined ? isOthersPath : (path: string) => foldersOf(canary).test(path);
  if (decision === 'move') {
    return ({ path }) => isOwned(path) || path === movePathOf(canary, trailers);
  }
  const namespace = canary?.split('/')[0] ?? '';
  const moved = new Set(
    changes.flatMap(({ path }) => {
      const home = canary === undefined ? undefined : othersTwin(path);
      return home === undefined ? [] : [home, leftTwin(home)];
    }),
  );
  return ({ path, before, after }) => {
    if (isOwned(path)) return !CONTROL.test(path);
    if (moved.has(path)) return true;
    if (decision === 'drop-routes') return path.startsWith(`${leftFolder(namespace)}/`);
    const isNoted = before !== undefined && after !== undefined;
    return (
      decision === 'create-primary' && isNoted && path.startsWith(`${othersFolder(namespace)}/`)
    );
  };
}

function foldersOf(canary: string): RegExp {
  const { workloads, traffic, rollout } = canaryFolders(canary as CanaryKey);
  const names = [workloads, traffic, rollout].map((folder) =>
    folder.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`),
  );
  return new RegExp(`^(${names.join('|')})/`);
}

/** The last paragraph of a message, as Git reads it; the first value of each key. */
export function trailersOf(message: string): ReadonlyMap<string, string> {
  const paragraph = message.trimEnd().split(/\n\n+/).at(-1) ?? '';
  const pairs = paragraph.split('\n').flatMap((line) => {
    const match = /^([A-Za-z][A-Za-z-]*): (.*)$/.exec(line);
    return match === null ? [] : [[match[1] ?? '', match[2] ?? ''] as const];
  });
  return new Map(pairs.toReversed());
}
