import { isOthersPath, othersTwin, WORKLOADS_FOLDER } from '../core/paths.ts';
import { homeOfOther } from './branches.ts';
import type { EnginePorts } from './engine-ports.ts';
import type { CarriedPaths, EngineMemory } from './memory.ts';
import type { OpenedCell, OpenedPass } from './open-pass.ts';

/** Where what belongs to no canary stands, and where it belongs; paths as on a delivery branch. */
export interface Others {
  readonly standing: ReadonlyMap<string, ReadonlySet<string>>;
  /** The branch that a path is to stand on; nothing for what nobody wants any more. */
  readonly wantedOn: (path: string) => string | undefined;
  /** Whether a branch has to leave a path alone: another one has it, or is to have it. */
  readonly isElsewhere: (path: string, branch: string) => boolean;
}

/** With one branch there is nowhere else. */
const ALL_HERE: Others = {
  standing: new Map(),
  wantedOn: () => undefined,
  isElsewhere: () => false,
};

/** What a canary is to take over belongs on the canary's own branch, so that one commit can do it. */
export async function findOthers(
  ports: EnginePorts,
  opened: OpenedPass,
  memory: EngineMemory,
): Promise<Others> {
  if (ports.cells === undefined) return ALL_HERE;
  const { loaded, branchOf } = opened;
  const standing = new Map<string, ReadonlySet<string>>();
  const holders = new Map<string, readonly string[]>();
  const twins = new Map<string, string>();
  for (const [branch, cell] of opened.cells) {
    const { carried, taken } = await pathsOn(branch, cell, memory);
    standing.set(branch, carried);
    for (const path of carried) holders.set(path, [...(holders.get(path) ?? []), branch]);
    for (const twin of taken) twins.set(twin, branch);
  }
  const wantedOn = (path: string) => {
    if (twins.has(path)) return undefined;
    const canary = loaded.claimed.get(path);
    if (canary !== undefined) return branchOf(canary);
    return loaded.others.has(path) ? homeOfOther(ports, path) : undefined;
  };
  const isElsewhere = (path: string, branch: string) => {
    const wanted = wantedOn(path) ?? twins.get(path) ?? branch;
    return wanted !== branch || holders.get(path)?.some((each) => each !== branch) === true;
  };
  return { standing, wantedOn, isElsewhere };
}

/** Looked up again only when the branch has moved: it may hold the manifests of a whole fleet. */
async function pathsOn(
  branch: string,
  { ports, context: { tip } }: OpenedCell,
  { carried: known }: EngineMemory,
): Promise<CarriedPaths> {
  const before = known.get(branch);
  if (before !== undefined && before.tip === tip) return before;
  const entries = tip === undefined ? [] : await ports.delivery.list(tip, WORKLOADS_FOLDER);
  const carried = new Set<string>();
  const taken = new Set<string>();
  for (const { path } of entries) {
    const twin = othersTwin(path);
    if (twin !== undefined) taken.add(twin);
    else if (isOthersPath(path)) carried.add(path);
  }
  const found = { tip, carried, taken };
  known.set(branch, found);
  return found;
}
