import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createSystemClock } from '../adapters/clock/system-clock.ts';
import type { BareClone } from '../adapters/git/bare-clone.ts';
import type { Environment } from '../adapters/git/create-git.ts';
import { createGitDeliveryBranches } from '../adapters/git/git-delivery-branches.ts';
import { createGitDeliveryRepository } from '../adapters/git/git-delivery-repository.ts';
import { GitDeliveryUnion } from '../adapters/git/git-delivery-union.ts';
import { createGitSourceReader } from '../adapters/git/git-source-reader.ts';
import { createGitSourceWriter } from '../adapters/git/git-source-writer.ts';
import type { PublisherOptions } from '../adapters/git/publisher.ts';
import { RepositoryInspector } from '../adapters/git/repository-inspector.ts';
import { Repositories, type RepositoryOptions } from '../adapters/git/repositories.ts';
import { createSigningInspector } from '../adapters/git/signing-inspector.ts';
import { createSigningKey, type SigningKey } from '../adapters/git/signing/open-signer.ts';
import { createFolderSourceReader } from '../adapters/source/folder-source-reader.ts';
import type { OperatorConfig } from '../config/operator-config.ts';
import { branchesOf } from '../controller/branches.ts';
import type { Cells } from '../controller/engine-ports.ts';
import { exampleBranches, layoutOf } from '../core/cells.ts';
import type { TakeBackPolicy } from '../controller/take-back.ts';
import type { DeliveryRepository } from '../ports/delivery-repository.ts';
import type { Inspector } from '../ports/inspector.ts';
import type { SourceReader } from '../ports/source-reader.ts';

export interface GitSurroundings {
  /** What relative paths in the configuration start from. */
  readonly folder: string;
  readonly repositories: Repositories;
}

/** The clones that one process shares. */
export function openRepositories({
  folder,
  env,
  cache = '.',
}: {
  readonly folder: string;
  readonly env: Environment;
  /** A part of the cache of its own, for a process that must not share clones with an engine. */
  readonly cache?: string;
}): Repositories {
  const cacheFolder = join(cacheRoot(env), cache);
  return new Repositories({ folder, cacheFolder, env, clock: createSystemClock() });
}

export interface OpenGit {
  readonly clone: BareClone;
  readonly delivery: DeliveryRepository;
  /** With a pattern of branches. */
  readonly cells: Omit<Cells, 'syncOf'> | undefined;
  /** The configured source. */
  source(): SourceReader;
  /** How rejected releases are taken out of it; nothing where they stay. */
  takeBack(): TakeBackPolicy | undefined;
  /** They look at the repositories, the source among them if it is read, and at the key. */
  inspectors(readsSource: boolean): readonly Inspector[];
}

/** The repositories of a configuration, with their credentials and the key that signs. */
export function openGit(config: OperatorConfig, surroundings: GitSurroundings): OpenGit {
  const { folder, repositories } = surroundings;
  const clock = createSystemClock();
  const clone = repositories.open(repositoryOf(config, 'delivery', folder), 'write');
  const { name, email, committer } = config.commits;
  const author = { name, email };
  const signing = signingOf(config, folder);
  const signs = signing !== undefined;
  const signatories = { author, committer: committer ?? author, signing };
  return {
    clone,
    ...openDelivery(config, { ...signatories, clone }),
    source() {
      const { source } = config;
      if ('folder' in source) return createFolderSourceReader(resolve(folder, source.folder));
      const use = config.rollback.source === 'keep' ? 'read' : 'write';
      const from = repositories.open(repositoryOf(config, 'source', folder), use);
      return createGitSourceReader({
        clone: from,
        branch: source.branch,
        path: source.path,
        namesPeople: config.commits.coAuthors,
      });
    },
    takeBack() {
      const { source, rollback } = config;
      if (rollback.source === 'keep' || 'folder' in source) return undefined;
      const to = repositories.open(repositoryOf(config, 'source', folder), 'write');
      const writer = createGitSourceWriter({ ...signatories, clone: to, branch: source.branch });
      return { writer, to: rollback.source };
    },
    inspectors(readsSource) {
      const { source, delivery } = config;
      const inspect = (part: 'source' | 'delivery', { branch }: { readonly branch: string }) =>
        new RepositoryInspector({
          part,
          clone: repositories.open(repositoryOf(config, part, folder), 'read'),
          branch,
          writes: part === 'delivery' || config.rollback.source !== 'keep',
          signs,
          clock,
        });
      return [
        ...(readsSource && 'branch' in source ? [inspect('source', source)] : []),
        ...exampleBranches(layoutOf(delivery.branch, delivery.cells)).map((branch) =>
          inspect('delivery', { branch }),
        ),
        createSigningInspector(signing, clock),
      ];
    },
  };
}

/** One branch, or all of a pattern together. */
function openDelivery(
  { delivery: { branch, cells, previous } }: OperatorConfig,
  writing: PublisherOptions,
): Pick<OpenGit, 'delivery' | 'cells'> {
  const layout = layoutOf(branch, cells);
  const earlier = previous.map((each) => layoutOf(each.branch, each.cells));
  if (layout.kind === 'single' && earlier.length === 0) {
    return { delivery: createGitDeliveryRepository({ ...writing, branch }), cells: undefined };
  }
  const branches = createGitDeliveryBranches(writing);
  const layouts = [layout, ...earlier];
  const delivery = new GitDeliveryUnion(branches, () => branchesOf(layouts, branches));
  return { delivery, cells: { layout, previous: earlier, branches } };
}

/** The repository of a side with the folder of credentials for it: its own, or the common one. */
function repositoryOf(
  { source, delivery, git }: OperatorConfig,
  side: 'source' | 'delivery',
  folder: string,
): RepositoryOptions {
  const { repository, credentials = git?.credentials } =
    side === 'source' && 'repository' in source ? source : delivery;
  return {
    repository,
    credentials: credentials === undefined ? undefined : resolve(folder, credentials),
  };
}

function signingOf(
  { commits: { signing } }: OperatorConfig,
  folder: string,
): SigningKey | undefined {
  if (signing === undefined) return undefined;
  const { format, key, passphrase } = signing;
  return createSigningKey({
    format,
    key: resolve(folder, key),
    ...(passphrase === undefined ? {} : { passphrase: resolve(folder, passphrase) }),
  });
}

export function cacheRoot(env: Environment): string {
  return join(env['XDG_CACHE_HOME'] ?? join(env['HOME'] ?? tmpdir(), '.cache'), 'serin');
}
