import type { Change } from '../core/decision.ts';
import { canaryFolders } from '../core/paths.ts';
import type { Rollout, RolloutRecord } from '../core/record.ts';
import type { DeliveryRepository } from '../ports/delivery-repository.ts';
import type { Files } from '../render/changeset.ts';
import { returnsToBase } from '../render/render.ts';
import { trailerValue } from '../render/trailers.ts';
import { readFilesToChange } from './delivery-state.ts';
import type { TrafficCommits } from './traffic-commits.ts';

/** What a change that takes a rollout back returns to. */
export interface RolloutBase {
  readonly base: Files;
  /** Commits that it undoes, newest first. */
  readonly reverts: readonly string[];
}

interface Standing {
  /** The record that the change is decided on. */
  readonly record: RolloutRecord | undefined;
  /** The one at the tip, which may be a failed check older. */
  readonly standing: RolloutRecord | undefined;
}

/** Reads the files of the rollout's base; nothing for changes that do not return to it. */
export async function readBase(
  delivery: DeliveryRepository,
  known: TrafficCommits,
  { record, standing }: Standing,
  { kind }: Change,
): Promise<RolloutBase> {
  const rollout = record?.rollout;
  if (record === undefined || rollout === undefined || !returnsToBase(kind, record)) {
    return { base: new Map(), reverts: [] };
  }
  const base = await readFilesToChange(delivery, rollout.base, record.canary);
  if (kind !== 'rollback' && kind !== 'withdraw') return { base, reverts: [] };
  const chain = standing && known.of(standing);
  if (chain !== undefined && chain.from === undefined) return { base, reverts: chain.commits };
  const older = await readCommits(delivery, record, rollout, chain?.from);
  return { base, reverts: [...new Set([...(chain?.commits ?? []), ...older])] };
}

async function readCommits(
  delivery: DeliveryRepository,
  { canary }: RolloutRecord,
  { base, number, startedAtMs }: Rollout,
  from: string | undefined,
): Promise<readonly string[]> {
  const touching = await delivery.history({
    ...(from === undefined ? {} : { from }),
    after: base,
    paths: [canaryFolders(canary).traffic],
    limit: HISTORY_LIMIT,
  });
  const own = touching.filter(
    ({ atMs, trailers }) =>
      atMs >= wholeSecond(startedAtMs) && trailerValue(trailers, 'Rollout') === String(number),
  );
  return own.map(({ commit }) => commit);
}

/** Commits are dated by the second. */
function wholeSecond(atMs: number): number {
  return Math.floor(atMs / 1_000) * 1_000;
}

/** A rollout has at most 100 weights. */
const HISTORY_LIMIT = 100;
