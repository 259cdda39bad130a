import type { CommitDraft, PublishOutcome } from '../ports/delivery-repository.ts';
import type { SourceFile, SourceSnapshot } from '../ports/source-reader.ts';
import type { SourceWriter, WithoutRelease } from '../ports/source-writer.ts';
import type { RejectedRevision, Release } from '../core/record.ts';
import type { ResolvedCanary } from '../render/resolved-canary.ts';
import { takeBackBranch, takeBackMessage } from '../render/take-back-message.ts';
import type { CanaryState } from './delivery-state.ts';
import type { EnginePorts } from './engine-ports.ts';
import type { EngineMemory } from './memory.ts';
import type { OpenedPass } from './open-pass.ts';

/** What becomes of a rejected release in the source: a commit where it is safe, or a branch always. */
export interface TakeBackPolicy {
  readonly writer: SourceWriter;
  readonly to: 'commit' | 'branch';
}

interface Rejection {
  readonly canary: ResolvedCanary;
  readonly rejected: RejectedRevision;
  readonly promoted: Release;
}

/**
 * Takes releases that were rejected out of the source. That a revision is still to be taken back is
 * seen in Git alone: it is in the ledger and in the source, and on no branch of its own.
 */
export async function takeBackRejected(
  ports: EnginePorts,
  { takenBack }: EngineMemory,
  { loaded, states }: Pick<OpenedPass, 'loaded' | 'states'>,
): Promise<void> {
  const { takeBack: policy } = ports;
  if (policy === undefined) return;
  for (const canary of loaded.canaries) {
    const rejection = rejectionOf(canary, states.get(canary.key));
    const key = `${canary.key} ${canary.revision}`;
    if (rejection === undefined || takenBack.has(key)) continue;
    if (await takeBack(ports, policy, rejection)) takenBack.add(key);
  }
}

/** The rollout has ended in failure, its traffic is back, and the source still holds it. */
function rejectionOf(
  canary: ResolvedCanary,
  state: CanaryState | undefined,
): Rejection | undefined {
  if (state?.kind !== 'sound' || state.record === undefined) return undefined;
  const { phase, awaiting, rollout, promoted } = state.record;
  if (phase !== 'Failed' || awaiting !== 'revision') return undefined;
  if (rollout?.revision !== canary.revision) return undefined;
  const rejected = state.rejected.find(({ revision }) => revision === canary.revision);
  return rejected && { canary, rejected, promoted };
}

/** Whether no more is to be done about it. */
async function takeBack(
  ports: EnginePorts,
  { writer, to }: TakeBackPolicy,
  rejection: Rejection,
): Promise<boolean> {
  const { canary, rejected, promoted } = rejection;
  const { logger } = ports;
  const subject = { canary: canary.key, revision: rejected.revision };
  const release = { after: promoted.source, upTo: rejected.source, files: canary.writtenIn };
  const found = await writer.without(release);
  if (found.kind !== 'found') {
    logger.warn('a rejected release was not taken back', { ...subject, why: found.why });
    return found.kind === 'nothing';
  }
  const draft = draftOf(ports, rejection, found);
  if (to === 'commit' && found.isClean && (await isSafe(ports, rejection, found))) {
    const outcome = await writer.commit(draft, found.onto);
    if (outcome.kind !== 'rejected') return isSettled(ports, subject, outcome);
    logger.warn('the source branch does not take a release back', { ...subject, why: outcome.why });
  }
  const branch = takeBackBranch(rejection);
  const outcome = await writer.propose(branch, draft, found.onto);
  if (outcome.kind === 'exists') return true;
  return isSettled(ports, { ...subject, branch }, outcome);
}

type Found = Extract<WithoutRelease, { kind: 'found' }>;

function draftOf(
  { clock }: EnginePorts,
  { canary, rejected }: Rejection,
  { files, commits }: Found,
): CommitDraft {
  return {
    message: takeBackMessage({ canary, rejected, commits }),
    changes: files.map((file) => ({ kind: 'write', ...file })),
    atMs: clock.nowMs(),
  };
}

/** The canary is what is promoted again, and for everybody else nothing has changed. */
async function isSafe(
  { source, interpret }: EnginePorts,
  { canary: { key }, promoted }: Rejection,
  { onto, files }: Found,
): Promise<boolean> {
  const read = await source.read();
  if (read.kind !== 'read' || read.snapshot.commit !== onto) return false;
  const before = interpret(read.snapshot, new Set());
  const after = interpret(replaced(read.snapshot, files), new Set());
  if (after.problems.length > before.problems.length) return false;
  if (after.canaries.length !== before.canaries.length) return false;
  const others = new Map(before.canaries.map((canary) => [canary.key, canary.revision]));
  return after.canaries.every(
    (canary) =>
      canary.revision === (canary.key === key ? promoted.revision : others.get(canary.key)),
  );
}

function replaced(snapshot: SourceSnapshot, files: readonly SourceFile[]): SourceSnapshot {
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  return {
    ...snapshot,
    commit: `${snapshot.commit} without a release`,
    files: snapshot.files.map(({ path, text }) => ({ path, text: texts.get(path) ?? text })),
  };
}

function isSettled(
  { logger }: EnginePorts,
  subject: Readonly<Record<string, string>>,
  outcome: PublishOutcome,
): boolean {
  switch (outcome.kind) {
    case 'pushed':
      logger.info('a rejected release was taken back', { ...subject, commit: outcome.commits[0] });
      return true;
    case 'unchanged':
      return true;
    case 'rejected':
      logger.error('a rejected release was not taken back', {
        ...subject,
        why: outcome.why,
        remedy: outcome.remedy,
      });
      return true;
    case 'stale':
    case 'deferred':
    case 'unreachable':
    case 'unknown':
      logger.warn('a rejected release is not taken back yet', { ...subject, why: outcome.why });
      return false;
  }
}
