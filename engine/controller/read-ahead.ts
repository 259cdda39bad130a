import { isIdle } from '../core/decide.ts';
import { canaryFolders } from '../core/paths.ts';
import type { DeliveryRepository } from '../ports/delivery-repository.ts';
import type { OpenedPass } from './open-pass.ts';

/**
 * Reads the files of all rollouts in one request, once after a start: a new clone has no contents,
 * and to ask for each canary's own would take a connection each, on the way to a rollback too.
 * Where that fails whoever needs them asks again.
 */
export async function readAhead(delivery: DeliveryRepository, opened: OpenedPass): Promise<void> {
  const { memory } = opened.context;
  if (memory.hasReadAhead) return;
  memory.hasReadAhead = true;
  const lists = await Promise.all(
    foldersOf(opened).map(({ commit, folder }) => delivery.list(commit, folder).catch(() => [])),
  );
  await delivery.read(lists.flat().map(({ blob }) => blob)).catch(() => {});
}

interface Folder {
  readonly commit: string;
  readonly folder: string;
}

/** Of each rollout at the tip, and where it returns to. */
function foldersOf({ context, loaded, states }: OpenedPass): readonly Folder[] {
  const { tip, sourceCommit } = context;
  if (tip === undefined) return [];
  return loaded.canaries.flatMap(({ key, spec, revision, configDigest }) => {
    const state = states.get(key);
    if (state?.kind !== 'sound' || state.record === undefined) return [];
    const { record, rejected, control } = state;
    const source = { commit: sourceCommit, revision, configDigest };
    if (isIdle(spec, record, { source, rejected, control })) return [];
    const { workloads, traffic, rollout } = canaryFolders(key);
    const commits = [tip, ...(record.rollout === undefined ? [] : [record.rollout.base])];
    return commits.flatMap((commit) =>
      [workloads, traffic, rollout].map((folder) => ({ commit, folder })),
    );
  });
}
