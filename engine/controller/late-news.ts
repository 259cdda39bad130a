import type { CanaryKey } from '../../constructs/canary-spec.ts';
import { recordPath } from '../core/paths.ts';
import { announce } from './announce.ts';
import type { CanaryState } from './delivery-state.ts';
import type { EnginePorts } from './engine-ports.ts';
import type { EngineMemory } from './memory.ts';
import type { Proposal } from './reconcile.ts';
import { showStatus } from './show-status.ts';
import type { WavesOf } from './waves.ts';

/**
 * Tells of decisions whose push broke off before anybody could learn how it ended, and which stand on
 * the branch after all. Once: a decision that is not there has been forgotten, and will be taken again.
 */
export async function tellLateNews(
  ports: EnginePorts,
  memory: EngineMemory,
  { specs, secrets }: Pick<WavesOf, 'specs' | 'secrets'>,
  states: ReadonlyMap<CanaryKey, CanaryState>,
): Promise<void> {
  const proposals = memory.unsettled.filter((proposal) => isOnBranch(proposal, states));
  memory.unsettled = [];
  if (proposals.length === 0) return;
  const commits = await Promise.all(proposals.map((proposal) => commitsOf(ports, proposal)));
  announce(ports, { proposals, specs, secrets }, new Map(commits.flat()));
  showStatus(ports.status, { proposals, specs });
}

function isOnBranch(
  { outcome, taken }: Proposal,
  states: ReadonlyMap<CanaryKey, CanaryState>,
): boolean {
  const state = states.get(outcome.canary);
  const decided = taken.at(-1)?.after;
  if (state?.kind !== 'sound' || decided === undefined) return false;
  const { decidedAtMs, phase } = state.record ?? {};
  return decidedAtMs === decided.decidedAtMs && phase === decided.phase;
}

/** Each decision changes the record, so its commits are the newest ones of that file. */
async function commitsOf({ delivery }: EnginePorts, { outcome, drafts }: Proposal) {
  const paths = [recordPath(outcome.canary)];
  const newest = await delivery.history({ paths, limit: drafts.length });
  return drafts.map((draft, index) => [draft, newest.toReversed()[index]?.commit] as const);
}
