import { type Layer, layerOf, LAYERS } from '../../constructs/delivery-layers.ts';
import type { CommitDraft } from '../ports/delivery-repository.ts';
import type { Proposal } from './reconcile.ts';

/** Agents poll every minute or so; asking twice as often costs them nothing. */
const FIRST_PAUSE_MS = 30_000;
const PAUSE_MAX_MS = 300_000;
/** What nobody waits for is asked for together with what comes meanwhile, once nobody waits for an agent. */
const LATER_MS = 3_000;
/** Where somebody always does. */
const LATER_MAX_MS = 30_000;

interface Poked {
  readonly pauseMs: number;
  readonly againMs: number;
}

interface Later {
  readonly sinceMs: number;
  readonly layers: readonly Layer[];
}

/**
 * When the sync agent of each branch is asked to look, apart from the moment of a push. A little later
 * for what nobody waits for: one agent applies all branches, and clearing up must not hold up the
 * routes of others. Once more for what is waited for, because a request may be lost; an agent that is
 * merely busy is not helped by it, so that each pause is twice as long as the one before.
 */
export class Pokes {
  readonly #poked = new Map<string, Poked>();
  readonly #later = new Map<string, Later>();
  #lastAskedMs = Number.NEGATIVE_INFINITY;

  /** It has been asked for something new. */
  asked(branch: string, nowMs: number): void {
    this.#poked.set(branch, { pauseMs: FIRST_PAUSE_MS, againMs: nowMs + FIRST_PAUSE_MS });
    this.#lastAskedMs = nowMs;
  }

  /** It is asked again now, if it is time. */
  askAgain(branch: string, nowMs: number): boolean {
    const last = this.#poked.get(branch);
    if (last === undefined) {
      this.asked(branch, nowMs);
      return true;
    }
    if (nowMs < last.againMs) return false;
    const pauseMs = Math.min(PAUSE_MAX_MS, 2 * last.pauseMs);
    this.#poked.set(branch, { pauseMs, againMs: nowMs + pauseMs });
    return true;
  }

  askLater(branch: string, layers: readonly Layer[], nowMs: number): void {
    const known = this.#later.get(branch);
    const all = new Set([...(known?.layers ?? []), ...layers]);
    this.#later.set(branch, { sinceMs: known?.sinceMs ?? nowMs, layers: [...all] });
  }

  /** What it is time for, by branch. */
  due(nowMs: number): ReadonlyMap<string, readonly Layer[]> {
    const isQuiet = nowMs - this.#lastAskedMs >= LATER_MS;
    const patienceMs = isQuiet ? LATER_MS : LATER_MAX_MS;
    const due = [...this.#later].filter(([, { sinceMs }]) => nowMs - sinceMs >= patienceMs);
    for (const [branch] of due) this.#later.delete(branch);
    return new Map(due.map(([branch, { layers }]) => [branch, layers]));
  }
}

/** Of what was pushed: whose layers somebody waits for, and those that nobody does. */
export function layersToAsk(
  drafts: readonly CommitDraft[],
  proposals: readonly Proposal[],
): { readonly now: readonly Layer[]; readonly later: readonly Layer[] } {
  const settled = new Set(proposals.filter(isAtRest).flatMap((proposal) => proposal.drafts));
  const awaited = layersOf(drafts.filter((draft) => !settled.has(draft)));
  const changed = layersOf(drafts);
  const now = changed.filter((layer) => layer !== 'workloads' || awaited.includes(layer));
  return { now, later: changed.filter((layer) => !now.includes(layer)) };
}

function layersOf(drafts: readonly CommitDraft[]): readonly Layer[] {
  const changed = new Set(
    drafts.flatMap(({ changes }) => changes.map(({ path }) => layerOf(path))),
  );
  return LAYERS.filter((layer) => changed.has(layer));
}

/** Nobody waits for what it has just been given: pods are taken away, for example. */
function isAtRest({ outcome: { record } }: Proposal): boolean {
  return record?.awaiting === 'revision';
}
