import { isOthersPath, othersTwin, WORKLOADS_FOLDER } from '../core/paths.ts';
import { homeOfOther } from './branches.ts';
import type { EnginePorts } from './engine-ports.ts';
import type { OpenedPass } from './open-pass.ts';

/** Where what belongs to no canary stands, and where it belongs; paths as on a delivery branch. */
export interface Others {
  readonly standing: ReadonlyMap<string, ReadonlySet<string>>;
  /** The branch that a path is to stand on; nothing for what nobody wants any more. */
  readonly wantedOn: (path: string) => string | undefined;
  /** Whether a branch has to leave a path alone: another one has it, or is to have it. */
  readonly isElsewhere: (path: string, branch: string) => boolean;
}

/** What a canary is to take over belongs on the canary's own branch, so that one commit can do it. */
export async function findOthers(ports: EnginePorts, opened: OpenedPass): Promise<Others> {
  const { loaded, branchOf } = opened;
  const standing = new Map<string, ReadonlySet<string>>();
  const holders = new Map<string, readonly string[]>();
  const twins = new Map<string, string>();
  for (const [branch, { ports: own, context }] of opened.cells) {
    const { tip } = context;
    const entries = tip === undefined ? [] : await own.delivery.list(tip, WORKLOADS_FOLDER);
    const paths = entries.map(({ path }) => path);
    const carried = paths.filter((path) => isOthersPath(path));
    standing.set(branch, new Set(carried));
    for (const path of carried) holders.set(path, [...(holders.get(path) ?? []), branch]);
    for (const path of paths) {
      const twin = othersTwin(path);
      if (twin !== undefined) twins.set(twin, branch);
    }
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
