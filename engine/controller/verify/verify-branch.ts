import type { CanaryKey } from '../../../constructs/canary-spec.ts';
import { canaryFolders, canaryPath, isOthersPath, recordPath } from '../../core/paths.ts';
import type { AuditedCommit, BranchHistory } from '../../ports/branch-history.ts';
import type { Files } from '../../render/changeset.ts';
import { HEAL } from '../../render/heal.ts';
import { parseRecord } from '../../render/record-file.ts';
import { BranchTree } from './branch-tree.ts';
import { type CanaryVersions, canaryVersions } from './canary-versions.ts';
import { commitTrouble, movePathOf, trailersOf } from './commit-rules.ts';
import type { OtherReferences } from './references.ts';
import { editedCanary, StandingEdits } from './standing-edits.ts';
import { decisionTrouble } from './verify-decision.ts';
import { moveTrouble } from './verify-move.ts';

export interface VerifyPorts {
  readonly history: BranchHistory;
  /** File contents by id. */
  readonly read: (blobs: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  /** What other branches of the delivery target hold for its Canaries. */
  readonly references?: OtherReferences | undefined;
  /** All files of any commit, by path → blob; nothing for a commit that is not at hand. */
  readonly tree?: (commit: string) => Promise<ReadonlyMap<string, string> | undefined>;
}

export interface VerifyOptions {
  /** Every decision must carry a signature that Git trusts. */
  readonly signed: boolean;
}

export interface Verified {
  readonly commits: number;
  readonly decisions: number;
  readonly canaries: number;
  /** Commits of people: control files, and what the engine does not own. */
  readonly people: number;
  /** The first commit that does not follow from those before it. */
  readonly broken?: { readonly commit: string; readonly subject: string; readonly why: string };
}

/**
 * Walks the branch from its root. Every decision is taken again from the record before it and the
 * evidence with it, and must give the same commit to the byte; what is no decision may touch nothing
 * that the engine owns, or must have been put back before the engine went on. Stops at the first commit that does not follow.
 */
export async function verifyBranch(
  { history, ...ports }: VerifyPorts,
  options: VerifyOptions,
): Promise<Verified> {
  const versions = await canaryVersions(history);
  const walk = new Walk(ports, options, versions);
  for await (const portion of history.commits()) {
    await ports.read(portion.flatMap(({ changes }) => changes.flatMap(({ after }) => after ?? [])));
    for (const commit of portion) {
      const why = await walk.step(commit);
      if (why !== undefined)
        return walk.edited ?? { ...walk.counts, broken: brokenBy(commit, why) };
    }
  }
  return walk.edited ?? walk.counts;
}

function brokenBy({ commit, message }: AuditedCommit, why: string): Verified['broken'] & object {
  return { commit, subject: message.split('\n', 1)[0] ?? '', why };
}

class Walk {
  readonly #versions: CanaryVersions;
  readonly #ports: Omit<VerifyPorts, 'history'>;
  readonly #options: VerifyOptions;
  readonly #tree = new BranchTree();
  readonly #passed = new Set<string>();
  readonly #canaries = new Set<CanaryKey>();
  /** What each canary's folders held at the base of its rollout. */
  readonly #bases = new Map<CanaryKey, ReadonlyMap<string, string>>();
  /** Commits of each canary's rollout that changed its routes, newest first. */
  readonly #routed = new Map<CanaryKey, { rollout: string; commits: string[] }>();
  readonly #edits = new StandingEdits<Omit<Verified, 'broken'>>();
  #previous: string | undefined;
  #decisions = 0;
  #people = 0;

  constructor(
    ports: Omit<VerifyPorts, 'history'>,
    options: VerifyOptions,
    versions: CanaryVersions,
  ) {
    this.#ports = ports;
    this.#options = options;
    this.#versions = versions;
  }

  get counts(): Omit<Verified, 'broken'> {
    return {
      commits: this.#passed.size,
      decisions: this.#decisions,
      canaries: this.#canaries.size,
      people: this.#people,
    };
  }

  /** What is broken by an edit that stands. */
  get edited(): Verified | undefined {
    const { first } = this.#edits;
    return first && { ...first.counts, broken: brokenBy(first.commit, first.why) };
  }

  async step(commit: AuditedCommit): Promise<string | undefined> {
    const isEditable = (path: string) => this.#isEditable(path);
    const trouble = commitTrouble(commit, this.#previous, { ...this.#options, isEditable });
    if (trouble !== undefined) return trouble;
    const trailers = trailersOf(commit.message);
    const canary = trailers.get('Canary') as CanaryKey | undefined;
    const why = await this.#stepOf(commit, canary, trailers);
    if (why !== undefined) return why;
    if (trailers.has('Decision')) this.#decisions += 1;
    else this.#people += 1;
    this.#passed.add(commit.commit);
    this.#previous = commit.commit;
    return undefined;
  }

  async #stepOf(
    commit: AuditedCommit,
    canary: CanaryKey | undefined,
    trailers: ReadonlyMap<string, string>,
  ): Promise<string | undefined> {
    const decision = trailers.get('Decision');
    if (decision === undefined) this.#edits.take(commit, this.counts);
    else if (decision === HEAL && canary !== undefined) {
      return this.#edits.healTrouble(commit, canary) ?? this.#apply(commit);
    } else if (canary !== undefined && this.#edits.forbid(canary, decision, commit)) {
      return 'it goes on over an edit';
    }
    if (decision === 'move') return this.#move(commit, canary, trailers);
    const isOfPeople = canary === undefined || decision === undefined;
    return isOfPeople ? this.#apply(commit) : this.#decision(commit, canary, decision);
  }

  async #move(
    commit: AuditedCommit,
    canary: CanaryKey | undefined,
    trailers: ReadonlyMap<string, string>,
  ): Promise<string | undefined> {
    const path = movePathOf(canary, trailers);
    const isOwn = (each: string) => commit.changes.some((change) => change.path === each);
    const look = async () => {
      const entries = canary === undefined ? this.#tree.others() : this.#tree.canary(canary);
      const mark = await this.#texts(this.#tree.move(path));
      return { files: await this.#texts(entries), mark: mark.get(path) };
    };
    const before = await look();
    this.#apply(commit);
    const after = await look();
    // What belongs to no canary moves to several branches, and each commit is about one of them.
    const own = (files: Files) =>
      canary === undefined ? new Map([...files].filter(([each]) => isOwn(each))) : files;
    const trouble = await moveTrouble({
      verb: trailers.get('Move'),
      before: own(before.files),
      after: own(after.files),
      markBefore: before.mark,
      markAfter: after.mark,
      origin: async (id) => {
        const tree = await this.#ports.tree?.(id);
        if (tree === undefined) return undefined;
        const folders = canary === undefined ? undefined : Object.values(canaryFolders(canary));
        const entries = [...tree].filter(([each]) =>
          folders === undefined
            ? isOthersPath(each) && isOwn(each)
            : folders.some((folder) => each.startsWith(`${folder}/`)),
        );
        return this.#texts(new Map(entries));
      },
    });
    if (trouble !== undefined || canary === undefined) return trouble;
    const base = recordedBase(canary, after.files);
    if (base !== undefined) this.#knownBase.set(canary, base.commit);
    this.#canaries.add(canary);
    return undefined;
  }

  #isEditable(path: string): boolean {
    const canary = editedCanary(path);
    if (canary === undefined) return false;
    return this.#tree.canary(canary).has(recordPath(canary)) || this.#edits.has(canary);
  }

  #apply(commit: AuditedCommit): undefined {
    this.#tree.apply(commit.changes);
  }

  async #decision(
    commit: AuditedCommit,
    canary: CanaryKey,
    decision: string,
  ): Promise<string | undefined> {
    const trailers = trailersOf(commit.message);
    const entries = this.#tree.canary(canary);
    const before = await this.#texts(entries);
    this.#tree.apply(commit.changes);
    const after = await this.#texts(this.#tree.canary(canary));
    const why = this.#baseTrouble(canary, entries, after);
    if (why !== undefined) return why;
    const rollout = trailers.get('Rollout') ?? '';
    const trouble = decisionTrouble({
      canary,
      decision,
      message: commit.message,
      committedMs: commit.committedMs,
      named: { revision: trailers.get('Revision') ?? '', source: trailers.get('Source') ?? '' },
      before,
      after,
      base: await this.#texts(this.#bases.get(canary) ?? new Map()),
      upcoming: await this.#texts(this.#upcoming(canary)),
      others: await this.#references(commit),
      reverts: UNDOING.has(decision) ? this.#routedBy(canary, rollout) : [],
    });
    if (trouble !== undefined) return trouble;
    this.#canaries.add(canary);
    if (decision === 'terminated') this.#forget(canary);
    else this.#note(commit, canary, rollout);
    return undefined;
  }

  /** A rollout begins on a commit of this branch, and what stood there is what it returns to. */
  #baseTrouble(
    canary: CanaryKey,
    entries: ReadonlyMap<string, string>,
    after: Files,
  ): string | undefined {
    const base = recordedBase(canary, after);
    if (base === undefined || base.commit === this.#knownBase.get(canary)) return undefined;
    if (!this.#passed.has(base.commit)) {
      return `its rollout begins on ${base.commit.slice(0, 8)}, which is no earlier commit of the branch`;
    }
    this.#knownBase.set(canary, base.commit);
    this.#bases.set(canary, new Map(entries));
    return undefined;
  }

  /** The metric templates and alert providers that this decision can have gone by. */
  #references({ committedMs }: AuditedCommit): Promise<readonly Files[]> {
    const own = this.#tree.references();
    const others = this.#ports.references?.around(committedMs) ?? [new Map()];
    return Promise.all(others.map((each) => this.#texts(new Map([...each, ...own]))));
  }

  readonly #knownBase = new Map<CanaryKey, string>();

  /** The Canary as the next commit that changes it will have it. */
  #upcoming(canary: CanaryKey): ReadonlyMap<string, string> {
    const path = canaryPath(canary);
    const next = this.#versions.get(path)?.find(([at]) => at > this.#passed.size + 1);
    return new Map(next === undefined ? [] : [[path, next[1]]]);
  }

  /** A Canary that is added again begins anew. */
  #forget(canary: CanaryKey): void {
    for (const known of [this.#knownBase, this.#bases, this.#routed]) known.delete(canary);
  }

  #routedBy(canary: CanaryKey, rollout: string): readonly string[] {
    const known = this.#routed.get(canary);
    return known?.rollout === rollout ? known.commits : [];
  }

  #note({ commit, changes }: AuditedCommit, canary: CanaryKey, rollout: string): void {
    const folder = `${canaryFolders(canary).traffic}/`;
    if (!changes.some(({ path }) => path.startsWith(folder))) return;
    const known = this.#routed.get(canary);
    const commits = known?.rollout === rollout ? known.commits : [];
    this.#routed.set(canary, { rollout, commits: [commit, ...commits] });
  }

  async #texts(entries: ReadonlyMap<string, string>): Promise<Files> {
    const texts = await this.#ports.read([...entries.values()]);
    return new Map(
      [...entries].flatMap(([path, blob]) => {
        const text = texts.get(blob);
        return text === undefined ? [] : [[path, text] as const];
      }),
    );
  }
}

const UNDOING: ReadonlySet<string> = new Set(['rollback', 'withdraw']);

function recordedBase(canary: CanaryKey, after: Files): { readonly commit: string } | undefined {
  const parsed = parseRecord(after.get(recordPath(canary)) ?? '', canary);
  const commit = parsed.kind === 'record' ? parsed.record.rollout?.base : undefined;
  return commit === undefined ? undefined : { commit };
}
