import { ProblemError } from '../../core/errors.ts';
import type { Batch } from '../../ports/delivery-branches.ts';
import type { PublishOutcome } from '../../ports/delivery-repository.ts';
import type { BareClone, MovedBranch } from './bare-clone.ts';
import { type CommitStoreOptions, CommitWriter, type WrittenCommits } from './commit-writer.ts';
import { localTrouble } from './local-trouble.ts';
import { requireBranchName, requireInnerPath } from './names.ts';
import { lastWords, type PushReport, pushReports } from './push-outcome.ts';

export type PublisherOptions = CommitStoreOptions;

/** The commits of one branch, as they are pushed. */
interface Held {
  readonly branch: string;
  readonly written: WrittenCommits;
}

type Unsettled = Extract<PublishOutcome, { kind: 'stale' | 'unreachable' }>;

interface Pushed {
  readonly outcome: PublishOutcome;
  readonly moved?: MovedBranch | undefined;
}

/** Writes commits for one branch or for many, and pushes them at once; one such push at a time. */
export class Publisher {
  readonly #clone: BareClone;
  readonly #writer: CommitWriter;
  #publishing: Promise<unknown> = Promise.resolve();

  constructor(options: PublisherOptions) {
    this.#clone = options.clone;
    this.#writer = new CommitWriter(options);
  }

  publish(batches: readonly Batch[]): Promise<readonly PublishOutcome[]> {
    const outcomes = this.#publishing.then(() => this.#publish(batches));
    this.#publishing = outcomes.catch(() => {});
    return outcomes;
  }

  async #publish(batches: readonly Batch[]): Promise<readonly PublishOutcome[]> {
    for (const { branch, drafts } of batches) {
      requireBranchName(branch);
      for (const { changes } of drafts) for (const { path } of changes) requireInnerPath(path);
    }
    try {
      return await this.#writeAndPush(batches);
    } catch (error) {
      // What is wrong with the commits of one branch concerns no other: each then goes for itself.
      const isAlone = batches.length === 1 || !(error instanceof ProblemError);
      if (isAlone) return batches.map(() => this.#troubleOf(error));
      const outcomes: PublishOutcome[] = [];
      for (const batch of batches) outcomes.push(...(await this.#publish([batch])));
      return outcomes;
    }
  }

  async #writeAndPush(batches: readonly Batch[]): Promise<readonly PublishOutcome[]> {
    const outcomes = new Map<string, PublishOutcome>();
    await this.#writer.write(batches, async (written) => {
      const held = batches.flatMap(({ branch }, index): readonly Held[] => {
        const own = written[index];
        return own === undefined ? [] : [{ branch, written: own }];
      });
      const pushed = held.length === 0 ? [] : await this.#push(held);
      for (const [index, { branch }] of held.entries()) {
        const outcome = pushed[index]?.outcome;
        if (outcome !== undefined) outcomes.set(branch, outcome);
      }
      return pushed.flatMap(({ moved }) => moved ?? []);
    });
    return batches.map(({ branch }) => outcomes.get(branch) ?? { kind: 'unchanged' });
  }

  /** Trouble of our own is an outcome as well: nothing was pushed, and a person has to act. */
  #troubleOf(error: unknown): PublishOutcome {
    const clone = this.#clone;
    if (error instanceof ProblemError) {
      const why = error.problems.map(({ code, message }) => `${code}: ${message}`).join('; ');
      const remedy = error.problems.map(({ remedy: each }) => each).join('; ');
      return { kind: 'rejected', why, remedy };
    }
    const text = String(error);
    const trouble = localTrouble(text, clone.cacheFolder);
    if (trouble !== undefined) return { kind: 'rejected', ...trouble };
    if (!clone.noteTrouble(text)) throw error;
    const why = `the clone is damaged and will be made anew: ${lastWords(text)}`;
    return { kind: 'unreachable', why };
  }

  /**
   * One push for all. It is not atomic: a branch that somebody else has moved must not keep the
   * commits of the others from arriving. Each ref compares and swaps for itself; none is forced.
   */
  async #push(held: readonly Held[]): Promise<readonly Pushed[]> {
    const clone = this.#clone;
    const refs = held.map(({ branch }) => `refs/heads/${branch}`);
    const targets = held.map(({ written }, index) => `${written.tip}:${refs[index] ?? ''}`);
    const args = [...MOVING_OURS, 'push', '--porcelain', '--no-verify', '--', 'origin', ...targets];
    const exit = await clone.git.remote(args);
    const reports = pushReports({ ...exit, stdout: exit.stdout.toString('utf8') }, refs);
    const pushed = await Promise.all(
      held.map((each, index) => this.#outcomeOf(each, reports[index])),
    );
    // What the remote has is not undone by a lock here: the next fetch brings it.
    return pushed.map(({ outcome, moved }, index) =>
      exit.stderr.includes(notMoved(refs[index] ?? '')) ? { outcome } : { outcome, moved },
    );
  }

  async #outcomeOf(
    { branch, written: { tip, commits } }: Held,
    report: PushReport | undefined,
  ): Promise<Pushed> {
    const ask = async (otherwise: Unsettled) => ({
      outcome: await this.#ask(branch, tip, commits, otherwise),
    });
    switch (report?.kind) {
      case undefined:
        return { outcome: { kind: 'unknown', why: 'nothing was said of this branch' } };
      case 'pushed':
        return { outcome: { kind: 'pushed', commits }, moved: { branch, tip } };
      case 'ambiguous':
        return ask({ ...report, kind: 'unreachable' });
      case 'stale':
        return ask(report);
      case 'rejected':
      case 'unreachable':
      case 'deferred':
        return { outcome: report };
    }
  }

  /**
   * Only the remote knows whether it took the commits: the connection may have broken after it did,
   * and then even a refusal may be the answer to a repetition that the transport made by itself.
   * Branches share one request for it.
   */
  async #ask(
    branch: string,
    tip: string,
    commits: readonly string[],
    otherwise: Unsettled,
  ): Promise<PublishOutcome> {
    const clone = this.#clone;
    const fetched = await clone.fetch([branch]);
    if (fetched.kind !== 'fetched') {
      return { ...otherwise, kind: 'unknown', why: `${otherwise.why}; ${fetched.why}` };
    }
    const remoteTip = await clone.tip(branch);
    const arrived = remoteTip !== undefined && (await clone.isAncestor(tip, remoteTip));
    return arrived ? { kind: 'pushed', commits } : otherwise;
  }
}

/** A branch that the remote has taken moves here by the same command. */
const MOVING_OURS = ['-c', 'remote.origin.fetch=+refs/heads/*:refs/heads/*'];

const notMoved = (ref: string): string => `error: update_ref failed for ref '${ref}'`;
