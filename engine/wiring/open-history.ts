import { dirname, join, resolve } from 'node:path';
import { createSystemClock } from '../adapters/clock/system-clock.ts';
import type { BareClone } from '../adapters/git/bare-clone.ts';
import { createBranchHistory } from '../adapters/git/branch-history.ts';
import type { Environment } from '../adapters/git/create-git.ts';
import { Repositories } from '../adapters/git/repositories.ts';
import { ProblemError } from '../core/errors.ts';
import type { BranchHistory } from '../ports/branch-history.ts';
import { loadConfig } from './load-config.ts';
import { cacheRoot, openGit } from './open-git.ts';

export interface HistoryOptions {
  readonly configFile: string;
  /** A repository and branch to read instead of the configured one. */
  readonly repository: string | undefined;
  readonly branch: string | undefined;
  readonly signatures: boolean;
}

export interface OpenHistory {
  readonly history: BranchHistory;
  readonly read: (blobs: readonly string[]) => Promise<ReadonlyMap<string, string>>;
}

/**
 * The history of a delivery branch, fetched just now.
 *
 * @throws ProblemError for a configuration that is not in order, or a branch that is not there
 */
export async function openHistory(
  options: HistoryOptions,
  surroundings: { readonly cwd: string; readonly env: Environment },
): Promise<OpenHistory | { readonly unreachable: string }> {
  const { clone, branch } = await cloneOf(options, surroundings);
  const fetched = await clone.fetch([branch]);
  if (fetched.kind !== 'fetched') return { unreachable: fetched.why };
  if ((await clone.tip(branch)) === undefined) throw noBranch(branch);
  const { signatures } = options;
  const history = createBranchHistory({ clone, branch, signatures });
  return { history, read: (blobs) => clone.read(blobs) };
}

async function cloneOf(
  { configFile, repository, branch }: HistoryOptions,
  { cwd, env }: { readonly cwd: string; readonly env: Environment },
): Promise<{ readonly clone: BareClone; readonly branch: string }> {
  if (repository !== undefined && branch !== undefined) {
    const cacheFolder = join(cacheRoot(env), 'verify');
    const options = { folder: cwd, cacheFolder, env, clock: createSystemClock() };
    return { clone: new Repositories(options).open({ repository }, 'read'), branch };
  }
  const file = resolve(cwd, configFile);
  const config = await loadConfig(file, configFile);
  const git = openGit(config, { folder: dirname(file), env });
  return { clone: git.clone, branch: branch ?? config.delivery.branch };
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
