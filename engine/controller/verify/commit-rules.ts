import type { AuditedCommit } from '../../ports/branch-history.ts';
import { canaryFolders, canaryMovePath, othersMovePath, othersTwin } from '../../core/paths.ts';
import type { CanaryKey } from '../../../constructs/canary-spec.ts';

/** What must hold of any commit, whatever it decides: parents, signature, and whose paths it touches. */
export function commitTrouble(
  commit: AuditedCommit,
  previous: string | undefined,
  { signed }: { readonly signed: boolean },
): string | undefined {
  const [parent] = commit.parents;
  if (parent !== previous) return 'it does not follow the commit before it';
  const trailers = trailersOf(commit.message);
  const decision = trailers.get('Decision');
  if (decision === undefined) return foreignTrouble(commit);
  if (commit.parents.length > 1) return 'a decision is never a merge';
  if (signed && commit.signature !== 'good') {
    return commit.signature === 'bad' ? 'its signature is not good' : 'it is not signed';
  }
  const canary = trailers.get('Canary');
  if (canary === undefined && decision !== 'carry-over' && decision !== 'move') {
    return `it names no canary for its decision ${decision}`;
  }
  const owned = canary === undefined ? OTHERS : foldersOf(canary);
  const moved = new Set(commit.changes.map(({ path }) => othersTwin(path)));
  const isOwn = (path: string) =>
    decision === 'move'
      ? owned.test(path) || path === movePathOf(canary, trailers)
      : (owned.test(path) && !CONTROL.test(path)) || moved.has(path);
  const stray = commit.changes.find(({ path }) => !isOwn(path));
  if (stray !== undefined) return `it changes ${stray.path}, which is not its own`;
  const odd = commit.changes.find(({ after, mode }) => after !== undefined && mode !== PLAIN_FILE);
  return odd === undefined ? undefined : `${odd.path} is no plain file (mode ${odd.mode})`;
}

/** Somebody else's commit: the control files are theirs, and whatever the engine does not own. */
function foreignTrouble({ changes }: AuditedCommit): string | undefined {
  const stray = changes.find(({ path }) => ENGINES.test(path) && !CONTROL.test(path));
  return stray === undefined
    ? undefined
    : `it changes ${stray.path} and is no decision: only the engine writes there`;
}

const PLAIN_FILE = '100644';
const ENGINES = /^(workloads|traffic|rollouts)\//;
const OTHERS = /^workloads\/(_cluster|[^/]+\/_other)\//;
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
