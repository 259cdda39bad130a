import type { CanaryKey } from '../../constructs/canary-spec.ts';
import { isIdle } from '../core/decide.ts';
import type { DeliveryRepository } from '../ports/delivery-repository.ts';
import { canaryEntries, withoutEvidence } from './delivery-state.ts';
import type { OpenedPass } from './open-pass.ts';

/**
 * Reads the files that decisions on all rollouts need in one request, once after a start: a new clone has no contents,
 * and to ask for each canary's own would take a connection each, on the way to a rollback too.
 * Where that fails whoever needs them asks again.
 */
export async function readAhead(opened: OpenedPass): Promise<void> {
  const [cell] = opened.cells.values();
  if (cell === undefined || cell.context.memory.hasReadAhead) return;
  cell.context.memory.hasReadAhead = true;
  const lists = await Promise.all(
    placesOf(opened).map(async ({ delivery, commit, canary }) =>
      withoutEvidence(canary, await canaryEntries(delivery, commit, canary).catch(() => [])),
    ),
  );
  await cell.ports.delivery.read(lists.flat().map(({ blob }) => blob)).catch(() => {});
}

interface Place {
  readonly delivery: DeliveryRepository;
  readonly commit: string;
  readonly canary: CanaryKey;
}

/** Of each rollout at the tip of its branch, and where it returns to. */
function placesOf({ cells, branchOf, loaded, states, sourceCommit }: OpenedPass): readonly Place[] {
  return loaded.canaries.flatMap(({ key, spec, revision, configDigest }) => {
    const state = states.get(key);
    const cell = cells.get(branchOf(key));
    const tip = cell?.context.tip;
    if (state?.kind !== 'sound' || state.record === undefined) return [];
    if (cell === undefined || tip === undefined) return [];
    const { record, rejected, control } = state;
    const source = { commit: sourceCommit, revision, configDigest };
    if (isIdle(spec, record, { source, rejected, control })) return [];
    const { delivery } = cell.ports;
    const commits = [tip, ...(record.rollout === undefined ? [] : [record.rollout.base])];
    return commits.map((commit) => ({ delivery, commit, canary: key }));
  });
}
