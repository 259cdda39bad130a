import type { BareClone } from '../adapters/git/bare-clone.ts';
import { branchesOf } from '../controller/branches.ts';
import type { DeliveryTree } from '../playground/agent.ts';
import type { OpenGit } from './open-git.ts';

/** The delivery branches as a playground's agent pulls them: one tree, whatever they are. */
export function deliveryTree({ clone, cells }: OpenGit, branch: string): DeliveryTree {
  return cells === undefined ? branchTree(clone, branch) : cellsTree(clone, cells);
}

function branchTree(clone: BareClone, branch: string): DeliveryTree {
  return {
    async tip() {
      await fetch(clone, [branch]);
      return clone.tip(branch);
    },
    files: (commit, folder) => filesOf(clone, commit, folder),
  };
}

/** Its revisions name a commit for each branch. */
function cellsTree(clone: BareClone, cells: NonNullable<OpenGit['cells']>): DeliveryTree {
  const { layout, previous, branches } = cells;
  return {
    async tip() {
      const known = await branchesOf([layout, ...previous], branches);
      if (known.kind !== 'listed') throw new Error(known.why);
      await fetch(clone, known.branches);
      const tips: Record<string, string> = {};
      for (const branch of known.branches) {
        const tip = await clone.tip(branch);
        if (tip !== undefined) tips[branch] = tip;
      }
      return Object.keys(tips).length === 0 ? undefined : JSON.stringify(tips);
    },
    async files(revision, folder) {
      const commits = Object.values(tipsOf(revision));
      const files = await Promise.all(commits.map((commit) => filesOf(clone, commit, folder)));
      return new Map(files.flatMap((each) => [...each]));
    },
  };
}

function tipsOf(revision: string): Readonly<Record<string, string>> {
  return JSON.parse(revision) as Readonly<Record<string, string>>;
}

async function fetch(clone: BareClone, branches: readonly string[]): Promise<void> {
  const fetched = await clone.fetch(branches);
  if (fetched.kind !== 'fetched') throw new Error(fetched.why);
}

async function filesOf(
  clone: BareClone,
  commit: string,
  folder: string,
): Promise<ReadonlyMap<string, string>> {
  const tree = await clone.objects.tree(commit);
  const entries = tree.filter(({ path }) => path.startsWith(`${folder}/`));
  const texts = await clone.objects.read(entries.map(({ blob }) => blob));
  return new Map(entries.map(({ path, blob }) => [path, texts.get(blob) ?? '']));
}
