import type { CanaryKey, CanarySpec } from '../../constructs/canary-spec.ts';
import type { CommitDraft, PublishOutcome } from '../ports/delivery-repository.ts';
import type { SecretReader } from '../ports/secret-reader.ts';
import { announce } from './announce.ts';
import type { EnginePorts } from './engine-ports.ts';
import type { EngineMemory } from './memory.ts';
import type { ClosedWindow } from './push-gate.ts';
import { recordPush } from './record-telemetry.ts';
import type { Proposal } from './reconcile.ts';
import { showStatus } from './show-status.ts';

export interface WavesOf {
  readonly tip: string | undefined;
  readonly specs: ReadonlyMap<CanaryKey, CanarySpec>;
  readonly secrets: SecretReader | undefined;
}

interface Wave extends WavesOf {
  readonly proposals: readonly Proposal[];
  readonly drafts: readonly CommitDraft[];
}

/** What did not go through, and takes the rest of its pass with it. */
export type PushFailure = Exclude<PublishOutcome, { kind: 'pushed' | 'unchanged' }>;

/**
 * Publishes what one pass decides. Urgent decisions go out as soon as they are known, and for
 * themselves, so that no large push holds them up; the rest once everybody has been looked at. Where
 * pushes are counted, all go out together then. The commits of one wave never touch what another one
 * decided on: each canary has its own folders.
 */
export class Waves {
  readonly #ports: EnginePorts;
  readonly #memory: EngineMemory;
  readonly #of: WavesOf;
  readonly #pushed = new Set<CommitDraft>();
  readonly #aftermath: Promise<unknown>[] = [];
  #tip: string | undefined;
  #urgent: Proposal[] = [];
  readonly #ordinary: Proposal[] = [];
  #pushing: Promise<void> | undefined;
  #failure: PushFailure | undefined;
  #closed: ClosedWindow | undefined;

  constructor(ports: EnginePorts, memory: EngineMemory, of: WavesOf) {
    this.#ports = ports;
    this.#memory = memory;
    this.#of = of;
    this.#tip = of.tip;
  }

  get failure(): PushFailure | undefined {
    return this.#failure;
  }

  /** Why what is left could not even be tried. */
  get closed(): ClosedWindow | undefined {
    return this.#closed;
  }

  isPushed(draft: CommitDraft): boolean {
    return this.#pushed.has(draft);
  }

  offer(proposal: Proposal): void {
    if (proposal.drafts.length === 0) return;
    (proposal.urgent ? this.#urgent : this.#ordinary).push(proposal);
    const waits = !proposal.urgent || this.#pushing !== undefined;
    if (waits || this.#ports.gate?.hasBudget === true) return;
    this.#pushing = this.#pushWhatIsUrgent();
    // What goes wrong is found by whoever waits for the end of the pass.
    this.#pushing.catch(() => {});
  }

  /** Everybody has been looked at: what is left goes out, with what belongs to no canary. */
  async finish(others: CommitDraft | undefined): Promise<void> {
    await this.#pushing;
    const left = [...this.#urgent, ...this.#ordinary];
    if (left.length > 0 || others !== undefined) await this.#push(left, others);
    await Promise.all(this.#aftermath);
  }

  async #pushWhatIsUrgent(): Promise<void> {
    while (this.#urgent.length > 0 && this.#failure === undefined && this.#closed === undefined) {
      const proposals = this.#urgent;
      this.#urgent = [];
      await this.#push(proposals, undefined);
    }
    this.#pushing = undefined;
  }

  async #push(proposals: readonly Proposal[], others: CommitDraft | undefined): Promise<void> {
    if (this.#failure !== undefined) return;
    const { gate, delivery, clock, telemetry } = this.#ports;
    this.#closed = gate?.window(proposals.some(({ urgent }) => urgent) ? 'urgent' : 'ordinary');
    if (this.#closed !== undefined) return;
    const drafts = [
      ...proposals.flatMap((proposal) => proposal.drafts),
      ...(others === undefined ? [] : [others]),
    ];
    const startedMs = clock.nowMs();
    const outcome = await delivery.publish(drafts, this.#tip);
    const durationMs = Math.max(0, clock.nowMs() - startedMs);
    gate?.pushed(outcome);
    const wave = { ...this.#of, proposals, drafts };
    recordPush(telemetry, this.#memory, wave, { outcome: outcome.kind, durationMs });
    if (outcome.kind !== 'pushed' && outcome.kind !== 'unchanged') {
      if (outcome.kind === 'unknown') this.#memory.unsettled = proposals;
      this.#failure = outcome;
      return;
    }
    for (const draft of drafts) this.#pushed.add(draft);
    if (outcome.kind === 'pushed') this.#tell(wave, outcome.commits);
  }

  #tell(wave: Wave, commits: readonly string[]): void {
    const { logger, clock, sync, status } = this.#ports;
    for (const [index, { message }] of wave.drafts.entries()) {
      const commit = commits[index];
      logger.info('decision pushed', { subject: message.split('\n', 1)[0], commit });
    }
    this.#tip = commits.at(-1) ?? this.#tip;
    this.#memory.tip = this.#tip;
    announce(this.#ports, wave, new Map(wave.drafts.map((draft, at) => [draft, commits[at]])));
    this.#memory.pokedMs = clock.nowMs();
    const shown = Promise.all([sync.poke(), showStatus(status, wave)]);
    shown.catch(() => {});
    this.#aftermath.push(shown);
  }
}
