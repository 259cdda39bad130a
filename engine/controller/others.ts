import { TRAFFIC_FOLDER, WORKLOADS_FOLDER } from '../../constructs/delivery-layers.ts';
import { isOthersPath, othersTwin } from '../core/paths.ts';
import type { DeliveryRepository } from '../ports/delivery-repository.ts';
import { homeOfOther } from './branches.ts';
import type { EnginePorts } from './engine-ports.ts';
import type { CarriedPaths, EngineMemory } from './memory.ts';
import type { OpenedCell, OpenedPass } from './open-pass.ts';

/** Where what belongs to no canary stands, and where it belongs; paths as on a delivery branch. */
export interface Others {
  readonly standing: ReadonlyMap<string, ReadonlySet<string>>;
  /** The branch that a path is to stand on; nothing for what nobody wants any more. */
  readonly wantedOn: (path: string) => string | undefined;
  /** The branch that brings a path up to date: where a canary has left it, or else its own. */
  readonly carriedOn: (path: string) => string;
  /** Whether a branch has to leave a path alone: another one has it, or is to have it. */
  readonly isElsewhere: (path: string, branch: string) => boolean;
}

/** With one branch there is nowhere else. */
const ALL_HERE: Omit<Others, 'carriedOn'> = {
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
  const homeOf = (path: string) => homeOfOther(ports, path);
  if (ports.cells === undefined) return { ...ALL_HERE, carriedOn: homeOf };
  const { loaded, branchOf } = opened;
  const standing = new Map<string, ReadonlySet<string>>();
  const holders = new Map<string, readonly string[]>();
  const twins = new Map<string, string>();
  const left = new Map<string, string>();
  for (const [branch, cell] of opened.cells) {
    const { carried, taken, left: leftHere } = await pathsOn(branch, cell, memory);
    standing.set(branch, carried);
    for (const path of carried) holders.set(path, [...(holders.get(path) ?? []), branch]);
    for (const twin of taken) twins.set(twin, branch);
    for (const home of leftHere) left.set(home, branch);
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
  const carriedOn = (path: string) => left.get(path) ?? homeOf(path);
  return { standing, wantedOn, carriedOn, isElsewhere };
}

async function manifestPaths(
  delivery: DeliveryRepository,
  tip: string,
): Promise<readonly string[]> {
  const folders = [WORKLOADS_FOLDER, TRAFFIC_FOLDER];
  const lists = await Promise.all(folders.map((folder) => delivery.list(tip, folder)));
  return lists.flat().map(({ path }) => path);
}

/** Looked up again only when the branch has moved: it may hold the manifests of a whole fleet. */
async function pathsOn(
  branch: string,
  { ports, context: { tip } }: OpenedCell,
  { carried: known }: EngineMemory,
): Promise<CarriedPaths> {
  const before = known.get(branch);
  if (before !== undefined && before.tip === tip) return before;
  const paths = tip === undefined ? [] : await manifestPaths(ports.delivery, tip);
  const carried = new Set<string>();
  const taken = new Set<string>();
  const left = new Set<string>();
  for (const path of paths) {
    const home = othersTwin(path);
    if (home === undefined) {
      if (isOthersPath(path)) carried.add(path);
      continue;
    }
    taken.add(home);
    if (isOthersPath(path)) left.add(home);
  }
  const found = { tip, carried, taken, left };
  known.set(branch, found);
  return found;
}
