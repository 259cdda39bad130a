import { dirname, join, resolve } from 'node:path';
import { createSystemClock } from '../adapters/clock/system-clock.ts';
import type { BareClone } from '../adapters/git/bare-clone.ts';
import { createBranchHistory } from '../adapters/git/branch-history.ts';
import type { Environment } from '../adapters/git/create-git.ts';
import { Repositories } from '../adapters/git/repositories.ts';
import { isCommitId } from '../core/commit-id.ts';
import { ProblemError } from '../core/errors.ts';
import { branchesOf } from '../controller/branches.ts';
import { OtherReferences } from '../controller/verify/references.ts';
import type { BranchHistory } from '../ports/branch-history.ts';
import { type ConfigChoice, loadConfig } from './load-config.ts';
import { cacheRoot, openGit, openRepositories } from './open-git.ts';

export interface HistoryOptions extends ConfigChoice {
  /** A repository and branch to read instead of the configured one. */
  readonly repository: string | undefined;
  readonly branch: string | undefined;
  readonly signatures: boolean;
}

export interface OpenHistory {
  readonly branch: string;
  readonly history: BranchHistory;
  readonly read: (blobs: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  readonly references: OtherReferences | undefined;
  readonly tree: (commit: string) => Promise<ReadonlyMap<string, string> | undefined>;
}

/**
 * The histories of the delivery branches, fetched just now; of one where it is named.
 *
 * @throws ProblemError for a configuration that is not in order, or a branch that is not there
 */
export async function openHistories(
  options: HistoryOptions,
  surroundings: { readonly cwd: string; readonly env: Environment },
): Promise<readonly OpenHistory[] | { readonly unreachable: string }> {
  const opened = await cloneOf(options, surroundings);
  if ('unreachable' in opened) return opened;
  const { clone, branches } = opened;
  const fetched = await clone.fetch(branches);
  if (fetched.kind !== 'fetched') return { unreachable: fetched.why };
  const tips = await Promise.all(branches.map((branch) => clone.tip(branch)));
  const there = branches.filter((_, index) => tips[index] !== undefined);
  const wanted = options.branch === undefined ? there : [options.branch];
  const [missing] = wanted.filter((branch) => !there.includes(branch));
  if (missing !== undefined || there.length === 0) throw noBranch(missing ?? branches.join(', '));
  const { signatures } = options;
  const histories = new Map(
    there.map((branch) => [branch, createBranchHistory({ clone, branch, signatures })]),
  );
  const all = [...histories.values()];
  const references = all.length === 1 ? undefined : await OtherReferences.read(all);
  return wanted.flatMap((branch): readonly OpenHistory[] => {
    const history = histories.get(branch);
    if (history === undefined) return [];
    const read = (blobs: readonly string[]) => clone.objects.read(blobs);
    return [{ branch, history, read, references, tree: (commit) => treeOf(clone, commit) }];
  });
}

async function treeOf(
  clone: BareClone,
  commit: string,
): Promise<ReadonlyMap<string, string> | undefined> {
  if (!isCommitId(commit)) return undefined;
  try {
    return new Map((await clone.objects.tree(commit)).map(({ path, blob }) => [path, blob]));
  } catch {
    return undefined;
  }
}

type Branches =
  | { readonly clone: BareClone; readonly branches: readonly string[] }
  | { readonly unreachable: string };

async function cloneOf(
  { configFile, delivery, repository, branch }: HistoryOptions,
  { cwd, env }: { readonly cwd: string; readonly env: Environment },
): Promise<Branches> {
  if (repository !== undefined && branch !== undefined) {
    const cacheFolder = join(cacheRoot(env), 'verify');
    const options = { folder: cwd, cacheFolder, env, clock: createSystemClock() };
    return { clone: new Repositories(options).open({ repository }, 'read'), branches: [branch] };
  }
  const file = resolve(cwd, configFile);
  const config = await loadConfig(file, { configFile, delivery });
  const folder = dirname(file);
  const { clone, cells } = openGit(config, {
    folder,
    repositories: openRepositories({ folder, env }),
  });
  if (cells === undefined) return { clone, branches: [branch ?? config.delivery.branch] };
  const known = await branchesOf([cells.layout, ...cells.previous], cells.branches);
  if (known.kind !== 'listed') return { unreachable: known.why };
  return { clone, branches: [...new Set([...known.branches, ...(branch ? [branch] : [])])] };
}

function noBranch(branch: string): ProblemError {
  return new ProblemError([
    {
      code: 'commit-unknown',
      message: `the repository has no branch ${branch}`,
      remedy: 'name the delivery branch with --branch',
    },
  ]);
}
