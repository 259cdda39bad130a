import { isIdle } from '../core/decide.ts';
import { canaryFolders } from '../core/paths.ts';
import type { DeliveryRepository } from '../ports/delivery-repository.ts';
import type { OpenedPass } from './open-pass.ts';

/**
 * Reads the files of all rollouts in one request, once after a start: a new clone has no contents,
 * and to ask for each canary's own would take a connection each, on the way to a rollback too.
 * Where that fails whoever needs them asks again.
 */
export async function readAhead(opened: OpenedPass): Promise<void> {
  const [cell] = opened.cells.values();
  if (cell === undefined || cell.context.memory.hasReadAhead) return;
  cell.context.memory.hasReadAhead = true;
  const lists = await Promise.all(
    foldersOf(opened).map(({ delivery, commit, folder }) =>
      delivery.list(commit, folder).catch(() => []),
    ),
  );
  await cell.ports.delivery.read(lists.flat().map(({ blob }) => blob)).catch(() => {});
}

interface Folder {
  readonly delivery: DeliveryRepository;
  readonly commit: string;
  readonly folder: string;
}

/** Of each rollout at the tip of its branch, and where it returns to. */
function foldersOf({
  cells,
  branchOf,
  loaded,
  states,
  sourceCommit,
}: OpenedPass): readonly Folder[] {
  return loaded.canaries.flatMap(({ key, spec, revision, configDigest }) => {
    const state = states.get(key);
    const cell = cells.get(branchOf(key));
    const tip = cell?.context.tip;
    if (state?.kind !== 'sound' || state.record === undefined) return [];
    if (cell === undefined || tip === undefined) return [];
    const { record, rejected, control } = state;
    const source = { commit: sourceCommit, revision, configDigest };
    if (isIdle(spec, record, { source, rejected, control })) return [];
    const { workloads, traffic, rollout } = canaryFolders(key);
    const { delivery } = cell.ports;
    const commits = [tip, ...(record.rollout === undefined ? [] : [record.rollout.base])];
    return commits.flatMap((commit) =>
      [workloads, traffic, rollout].map((folder) => ({ delivery, commit, folder })),
    );
  });
}
