import type { CanaryKey, CanarySpec } from '../../constructs/canary-spec.ts';
import { recordPath } from '../core/paths.ts';
import type { Batch } from '../ports/delivery-branches.ts';
import type { CommitDraft, PublishOutcome } from '../ports/delivery-repository.ts';
import type { SecretReader } from '../ports/secret-reader.ts';
import { announce } from './announce.ts';
import { publish } from './branches.ts';
import type { EnginePorts } from './engine-ports.ts';
import type { EngineMemory } from './memory.ts';
import type { OpenedPass } from './open-pass.ts';
import { layersToAsk } from './pokes.ts';
import { type ClosedWindow, verdictOf } from './push-gate.ts';
import { recordPush } from './record-telemetry.ts';
import type { Proposal } from './reconcile.ts';
import { showStatus } from './show-status.ts';
import type { Taken } from './taken.ts';

export interface WavesOf {
  readonly specs: ReadonlyMap<CanaryKey, CanarySpec>;
  readonly secrets: SecretReader | undefined;
}

/** What one branch gets in a wave. */
type Part = Batch & { readonly proposals: readonly Proposal[] };

/** What did not go through, and takes the rest of its pass with it. */
export type PushFailure = Exclude<PublishOutcome, { kind: 'pushed' | 'unchanged' }>;

/** What is no decision on a canary, by branch. */
export type OtherDrafts = ReadonlyMap<string, readonly CommitDraft[]>;

/** Ordinary decisions that are worth a push of their own, though more are to come. */
const WAVE_SIZE = 100;

/** After so many a pass is behind, others are due: to look on is the sooner way to what is urgent, too. */
const LARGE_PUSHES_ALONE = 2;

/** Longer than a look takes, unless somebody outside is slow to answer. */
const LOOK_MS = 200;

/**
 * Publishes what one pass decides. Urgent decisions go out as soon as they are known, and for
 * themselves, so that no large push holds them up; the rest whenever there is enough of it, and once
 * everybody has been looked at. Where pushes are counted, all go out together then. A wave is one
 * push, whatever branches it is for. The commits of one wave never touch what another one decided
 * on: each canary has its own folders.
 */
export class Waves {
  readonly #ports: EnginePorts;
  readonly #memory: EngineMemory;
  readonly #pushed = new Set<CommitDraft>();
  readonly #aftermath: Promise<unknown>[] = [];
  readonly #failures = new Map<string, PushFailure>();
  readonly #tips = new Map<string, string | undefined>();
  #of: WavesOf;
  #pass: OpenedPass;
  #urgent: Proposal[] = [];
  #ordinary: Proposal[] = [];
  #pushing: Promise<void> | undefined;
  #isLargeUnderWay = false;
  #largePushes = 0;
  /** Canaries that are being looked at just now. */
  #looking = 0;
  #whenSeen: () => void = () => {};
  #closed: ClosedWindow | undefined;

  constructor(ports: EnginePorts, memory: EngineMemory, pass: OpenedPass, of: WavesOf) {
    this.#ports = ports;
    this.#memory = memory;
    this.#pass = pass;
    this.#of = of;
    this.begin(pass, of);
  }

  /** The branches have been read, anew where somebody else was faster. */
  begin(pass: OpenedPass, of: WavesOf): void {
    this.#pass = pass;
    this.#of = of;
    this.#urgent = [];
    this.#ordinary = [];
    this.#largePushes = 0;
    this.#failures.clear();
    this.#closed = undefined;
    for (const [branch, { context }] of pass.cells) this.#tips.set(branch, context.tip);
  }

  /** What kept everybody from publishing: in bad weather no branch can be told from another. */
  get failure(): PushFailure | undefined {
    const failures = [...this.#failures.values()];
    const isEverywhere = failures.length === this.#pass.cells.size;
    return (
      failures.find(({ kind }) => WEATHER.has(kind)) ?? (isEverywhere ? failures[0] : undefined)
    );
  }

  failureOn(branch: string): PushFailure | undefined {
    return this.#failures.get(branch) ?? this.failure;
  }

  /** The branches that somebody else has moved. */
  get stale(): ReadonlySet<string> {
    const stale = [...this.#failures].filter(([, { kind }]) => kind === 'stale');
    return new Set(stale.map(([branch]) => branch));
  }

  /** The branches that will not take what they were given, and why. */
  get failures(): ReadonlyMap<string, PushFailure> {
    return this.#failures;
  }

  /** Why what is left could not even be tried. */
  get closed(): ClosedWindow | undefined {
    return this.#closed;
  }

  isPushed(draft: CommitDraft): boolean {
    return this.#pushed.has(draft);
  }

  /** A canary has been looked at, and this is what is decided. */
  offer(proposal: Proposal): void {
    this.#looking -= 1;
    if (proposal.drafts.length > 0) {
      (proposal.urgent ? this.#urgent : this.#ordinary).push(proposal);
    }
    if (this.#looking <= 0 || this.#urgent.length > 0) this.#whenSeen();
    if (proposal.drafts.length === 0) return;
    const isReady = this.#urgent.length > 0 || this.#isLarge;
    if (!isReady || this.#pushing !== undefined || this.#ports.gate?.hasBudget === true) return;
    this.#pushing = this.#pushWhatIsReady();
    // What goes wrong is found by whoever waits for the end of the pass.
    this.#pushing.catch(() => {});
  }

  /**
   * The moment to look at the next canary: not while a large push is under way, because what is
   * found to be urgent meanwhile would have to wait for it; unless the pass is behind.
   */
  async room(): Promise<void> {
    if (this.#isLargeUnderWay && !this.#isBehind) await this.#pushing;
    this.#looking += 1;
  }

  /** Everybody has been looked at: what is left goes out, with what belongs to no canary. */
  async finish(others: OtherDrafts): Promise<void> {
    await this.#pushing;
    const left = [...this.#urgent, ...this.#ordinary];
    if (left.length > 0 || others.size > 0) await this.#push(left, others);
    await Promise.all(this.#aftermath);
  }

  get #isLarge(): boolean {
    return this.#ordinary.length >= WAVE_SIZE;
  }

  get #isBehind(): boolean {
    return this.#largePushes > LARGE_PUSHES_ALONE;
  }

  async #pushWhatIsReady(): Promise<void> {
    while (this.failure === undefined && this.#closed === undefined) {
      this.#isLargeUnderWay = this.#urgent.length === 0 && this.#isLarge;
      if (this.#isLargeUnderWay) this.#largePushes += 1;
      if (this.#isLargeUnderWay && !this.#isBehind && this.#looking > 0) await this.#seen();
      const proposals = this.#ready();
      if (proposals.length === 0) break;
      await this.#push(proposals, new Map());
      this.#isLargeUnderWay = false;
    }
    this.#pushing = undefined;
  }

  /** What is found in those that are looked at already may be urgent: then it waits for no other. */
  async #seen(): Promise<void> {
    const late = new AbortController();
    const seen = new Promise<void>((resolve) => (this.#whenSeen = resolve));
    await Promise.race([seen, this.#ports.clock.sleep(LOOK_MS, late.signal)]);
    late.abort();
  }

  #ready(): readonly Proposal[] {
    if (this.#urgent.length > 0) return this.#urgent.splice(0);
    return this.#isLarge ? this.#ordinary.splice(0) : [];
  }

  async #push(proposals: readonly Proposal[], others: OtherDrafts): Promise<void> {
    if (this.failure !== undefined) return;
    const { gate, clock } = this.#ports;
    this.#closed = gate?.window(proposals.some(({ urgent }) => urgent) ? 'urgent' : 'ordinary');
    if (this.#closed !== undefined) return;
    const parts = this.#partsOf(proposals, others);
    if (parts.length === 0) return;
    const startedMs = clock.nowMs();
    const outcomes = await publish(this.#ports, parts);
    const durationMs = Math.max(0, clock.nowMs() - startedMs);
    gate?.pushed(verdictOf(outcomes));
    const answered = parts.map((part, index) => {
      const lost = { kind: 'unknown', why: 'nothing was said of this branch' } as const;
      return { part, outcome: outcomes[index] ?? lost };
    });
    for (const [outcome, same] of Map.groupBy(answered, (each) => each.outcome.kind)) {
      const wave = { ...this.#of, ...joined(same.map(({ part }) => part)) };
      recordPush(this.#ports.telemetry, this.#memory, wave, { outcome, durationMs });
      if (outcome === 'unknown') {
        this.#memory.unsettled = [...this.#memory.unsettled, ...wave.proposals];
      }
    }
    for (const { part, outcome } of answered) this.#note(part, outcome);
  }

  /** Each branch's commits, in the order of the proposals; branches that failed get no more. */
  #partsOf(proposals: readonly Proposal[], others: OtherDrafts): readonly Part[] {
    const byBranch = Map.groupBy(proposals, ({ outcome }) => this.#pass.branchOf(outcome.canary));
    const branches = new Set([...byBranch.keys(), ...others.keys()]);
    return [...branches].flatMap((branch): readonly Part[] => {
      if (this.#failures.has(branch)) return [];
      const own = byBranch.get(branch) ?? [];
      const other = others.get(branch) ?? [];
      const drafts = [...own.flatMap((proposal) => proposal.drafts), ...other];
      return [{ branch, drafts, onto: this.#tips.get(branch), proposals: own }];
    });
  }

  #note(part: Part, outcome: PublishOutcome): void {
    if (outcome.kind !== 'pushed' && outcome.kind !== 'unchanged') {
      this.#failures.set(part.branch, outcome);
      return;
    }
    for (const draft of part.drafts) this.#pushed.add(draft);
    if (outcome.kind === 'pushed') this.#tell(part, outcome.commits);
  }

  #tell(part: Part, commits: readonly string[]): void {
    const { branch, drafts, proposals, onto } = part;
    const { logger, status } = this.#ports;
    for (const [index, { message }] of drafts.entries()) {
      const commit = commits[index];
      logger.info('decision pushed', { subject: message.split('\n', 1)[0], commit });
    }
    const tip = commits.at(-1) ?? this.#tips.get(branch);
    this.#tips.set(branch, tip);
    if (tip !== undefined) {
      const canaries = proposals.map(({ outcome }) => outcome.canary);
      this.#memory.tips.set(branch, tip);
      this.#memory.editsOn(branch).pushed(onto, tip, canaries);
    }
    const wave = { ...this.#of, proposals };
    const commitOf = new Map(drafts.map((draft, at) => [draft, commits[at]]));
    for (const { taken } of proposals) {
      for (const each of taken) this.#learn(branch, each, commitOf.get(each.draft));
    }
    announce(this.#ports, wave, commitOf);
    showStatus(status, wave);
    const poked = this.#poke(part);
    poked.catch(() => {});
    this.#aftermath.push(poked);
  }

  /** What this engine has committed need not be read again. */
  #learn(branch: string, taken: Taken, commit: string | undefined): void {
    const { after, draft } = taken;
    const path = recordPath(after.canary);
    const file = draft.changes.find((change) => change.path === path);
    if (file?.kind === 'write') this.#memory.statesOn(branch).wrote(after, file.text);
    if (commit !== undefined) this.#memory.trafficCommits.pushed(taken, commit);
  }

  /** An agent that looks at a new commit applies everything again: a record alone is no reason to. */
  async #poke({ branch, drafts, proposals }: Part): Promise<void> {
    const { pokes } = this.#memory;
    const nowMs = this.#ports.clock.nowMs();
    const { now, later } = layersToAsk(drafts, proposals);
    if (later.length > 0) pokes.askLater(branch, later, nowMs);
    if (now.length === 0) return;
    pokes.asked(branch, nowMs);
    await this.#pass.cells.get(branch)?.ports.sync.poke(now);
  }
}

const WEATHER: ReadonlySet<PushFailure['kind']> = new Set(['unreachable', 'deferred', 'unknown']);

function joined(parts: readonly Part[]): Pick<Part, 'proposals' | 'drafts'> {
  return {
    proposals: parts.flatMap(({ proposals }) => proposals),
    drafts: parts.flatMap(({ drafts }) => drafts),
  };
}
