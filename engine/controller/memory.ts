import type { CanaryKey } from '../../constructs/canary-spec.ts';
import type { ControlObservation } from '../core/control.ts';
import type { CommittedRoute } from '../core/liveness.ts';
import type { NotLive } from '../core/not-live.ts';
import type { RolloutRecord } from '../core/record.ts';
import type { Asked, Evaluation } from '../core/observation.ts';
import { KnownStates } from './delivery-state.ts';
import { Inquiries } from './inquiries.ts';
import { OwnedEdits } from './owned-edits.ts';
import { Pokes } from './pokes.ts';
import { PushQueue } from './push-queue.ts';
import type { Proposal } from './reconcile.ts';
import { TrafficCommits } from './traffic-commits.ts';

/** What was seen of one step of one canary. */
export interface StepNotes {
  readonly committedMs: number | undefined;
  containedMs?: number;
  appliedMs?: number;
  /** When the step was first seen to have its effect, and what showed it. */
  shown?: { readonly atMs: number; readonly why: string };
  /** When it was last seen to have none. */
  refuted?: { readonly atMs: number; readonly why: string };
  /** The counters have been asked about it before. */
  wasAsked?: true;
}

interface ShortNotes {
  readonly generation: number;
  readonly sinceMs: number;
}

/** Paths as on a delivery branch. */
export interface CarriedPaths {
  readonly tip: string | undefined;
  /** What belongs to no canary. */
  readonly carried: ReadonlySet<string>;
  /** Where what canaries have would stand otherwise. */
  readonly taken: ReadonlySet<string>;
  /** Those of them that a canary has left in the traffic. */
  readonly left: ReadonlySet<string>;
}

interface LiveNotes {
  readonly decidedAtMs: number;
  notLiveMs: number | undefined;
}

interface AskedNotes {
  readonly asked: Asked;
  readonly decidedAtMs: number;
  /** As it was read: the same file is the same object. */
  readonly control: ControlObservation;
}

/**
 * What an engine has seen between two passes: a cache and nothing else. An engine that forgets it
 * sees everything again; it can only be later, never decide otherwise.
 */
export class EngineMemory {
  /** The routing object of each canary, as it was last read from Git. */
  readonly routes = new Map<CanaryKey, { readonly blob: string; readonly route: CommittedRoute }>();
  /** The newest commit of each delivery branch that this engine has seen or made. */
  readonly tips = new Map<string, string>();
  /** The branch that each canary was last seen on. */
  readonly stood = new Map<CanaryKey, string>();
  readonly pokes = new Pokes();
  readonly trafficCommits = new TrafficCommits();
  /** Decisions of a push that nobody knows the outcome of. */
  unsettled: readonly Proposal[] = [];
  /** What was last told of the wait of each canary that is being waited for. */
  readonly said = new Map<CanaryKey, string>();
  /** Until when each canary was going to wait, after the latest pass. */
  readonly due = new Map<CanaryKey, number>();
  /** The files of all rollouts have been asked for. */
  hasReadAhead = false;
  /** Rejected releases about which nothing more is to be done in the source. */
  readonly takenBack = new Set<string>();
  /** What each branch held at its tip beside, and in place of, the canaries' own. */
  readonly carried = new Map<string, CarriedPaths>();
  /** The branches of a delivery target with cells, as far as they have been met. */
  readonly branches = new Set<string>();
  readonly #states = new Map<string, KnownStates>();
  readonly #edits = new Map<string, OwnedEdits>();
  readonly queue = new PushQueue();
  /** Called when an answer comes that its pass did not wait for. */
  onLateAnswer: () => void = () => {};
  readonly evaluations = new Inquiries<Evaluation>(() => this.onLateAnswer());
  readonly #asked = new Map<CanaryKey, AskedNotes>();
  readonly #steps = new Map<CanaryKey, StepNotes>();
  readonly #live = new Map<CanaryKey, LiveNotes>();
  readonly #short = new Map<string, ShortNotes>();

  /** What each branch remembers of its canaries. */
  statesOn(branch: string): KnownStates {
    const known = this.#states.get(branch) ?? new KnownStates();
    this.#states.set(branch, known);
    return known;
  }

  /** What somebody else has edited on each branch. */
  editsOn(branch: string): OwnedEdits {
    const known = this.#edits.get(branch) ?? new OwnedEdits();
    this.#edits.set(branch, known);
    return known;
  }

  step(canary: CanaryKey, { step }: RolloutRecord): StepNotes {
    const known = this.#steps.get(canary);
    if (known !== undefined && known.committedMs === step?.committedMs) return known;
    const notes: StepNotes = { committedMs: step?.committedMs };
    this.#steps.set(canary, notes);
    return notes;
  }

  /** Questions were answered, and no decision followed. */
  askedInVain(
    canary: CanaryKey,
    { decidedAtMs }: RolloutRecord,
    control: ControlObservation,
    asked: Asked,
  ): void {
    this.#asked.set(canary, { asked, decidedAtMs, control });
  }

  /**
   * The latest round of questions since a decision that led to no other. What people have written
   * since may change the answers.
   */
  asked(
    canary: CanaryKey,
    { decidedAtMs }: RolloutRecord,
    control: ControlObservation,
  ): Asked | undefined {
    const notes = this.#asked.get(canary);
    const isKnown = notes?.decidedAtMs === decidedAtMs && notes.control === control;
    return isKnown ? notes.asked : undefined;
  }

  /**
   * Since when a workload has been seen short of pods, for those that do not tell it themselves: since
   * it was first seen so as it is now written.
   */
  shortSinceMs(workload: string, generation: number, isShort: boolean, nowMs: number) {
    if (!isShort) {
      this.#short.delete(workload);
      return undefined;
    }
    const known = this.#short.get(workload);
    const sinceMs = known?.generation === generation ? known.sinceMs : nowMs;
    this.#short.set(workload, { generation, sinceMs });
    return sinceMs;
  }

  /**
   * Since when the newest commit of a canary has not been live: since it was made, unless it was
   * live in between. Nothing while it is live, or while nobody waits for it.
   */
  notLive(
    canary: CanaryKey,
    { decidedAtMs }: RolloutRecord,
    reason: string | undefined,
    nowMs: number,
  ): NotLive | undefined {
    const known = this.#live.get(canary);
    const isKnown = known?.decidedAtMs === decidedAtMs;
    const sinceMs = isKnown ? (known.notLiveMs ?? nowMs) : decidedAtMs;
    this.#live.set(canary, {
      decidedAtMs,
      notLiveMs: reason === undefined ? undefined : sinceMs,
    });
    return reason === undefined ? undefined : { reason, sinceMs };
  }
}
