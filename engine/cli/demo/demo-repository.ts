import { mkdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BareClone } from '../../adapters/git/bare-clone.ts';
import { createGit, type Environment } from '../../adapters/git/create-git.ts';
import { createGitDeliveryRepository } from '../../adapters/git/git-delivery-repository.ts';
import type { DeliveryRepository } from '../../ports/delivery-repository.ts';
import { packageFile } from '../package-file.ts';

export const SOURCE_BRANCH = 'main';
export const DELIVERY_BRANCH = 'delivery/demo';
export const SOURCE_PATH = 'deploy';

const VERSIONS = ['v1', 'v2', 'v3'] as const;
export type Version = (typeof VERSIONS)[number];

/** The demo's Git server: a bare repository with a source branch and a delivery branch. */
export interface DemoRepository {
  readonly delivery: DeliveryRepository;
  /** The version that the source branch has; nothing before the first commit. */
  sourceVersion(): Promise<Version | undefined>;
  /** What the service team does: the Deployment of a version, committed to the source branch. */
  release(version: Version, atMs: number): Promise<void>;
}

export async function openDemoRepository(dir: string, env: Environment): Promise<DemoRepository> {
  const folder = join(dir, 'git');
  if (!existsSync(join(folder, 'HEAD'))) await createBareRepository(folder, env);
  const url = pathToFileURL(folder).href;
  const clone = new BareClone({ url, cacheFolder: join(dir, 'cache', 'viewer'), env });
  const branch = (name: string, by: string) => {
    const author = { name: by, email: 'team@localhost' };
    return createGitDeliveryRepository({ clone, branch: name, author, committer: author });
  };
  const source = branch(SOURCE_BRANCH, 'Reviews team');
  return {
    delivery: branch(DELIVERY_BRANCH, 'Serin'),
    async sourceVersion() {
      const refreshed = await source.refresh();
      if (refreshed.kind !== 'fresh' || refreshed.tip === undefined) return undefined;
      const entries = await source.list(refreshed.tip, SOURCE_PATH);
      const entry = entries.find(({ path }) => path === `${SOURCE_PATH}/deployment.yaml`);
      const text = (await source.read(entry === undefined ? [] : [entry.blob]))
        .values()
        .next().value;
      for (const version of VERSIONS) if (text === (await example(version))) return version;
      return undefined;
    },
    async release(version, atMs) {
      const refreshed = await source.refresh();
      const onto = refreshed.kind === 'fresh' ? refreshed.tip : undefined;
      const outcome = await source.publish([await releaseCommit(version, atMs)], onto);
      if (outcome.kind !== 'pushed' && outcome.kind !== 'unchanged') {
        throw new Error(`the source branch did not take ${version}: ${outcome.why}`);
      }
    },
  };
}

async function createBareRepository(folder: string, env: Environment): Promise<void> {
  await mkdir(folder, { recursive: true });
  const git = createGit({ folder, env });
  await git.run(['init', '--bare', '--quiet', `--initial-branch=${SOURCE_BRANCH}`, '.']);
  await git.run(['config', 'uploadpack.allowFilter', 'true']);
}

async function releaseCommit(
  version: Version,
  atMs: number,
): Promise<Parameters<DeliveryRepository['publish']>[0][number]> {
  const write = (name: string, text: string) =>
    ({ kind: 'write', path: `${SOURCE_PATH}/${name}`, text }) as const;
  const canary = await readFile(packageFile('examples', 'reviews', 'canary.yaml'), 'utf8');
  return {
    message: `reviews ${version}\n`,
    atMs,
    changes: [write('canary.yaml', canary), write('deployment.yaml', await example(version))],
  };
}

function example(version: Version): Promise<string> {
  return readFile(packageFile('examples', 'reviews', `deployment-${version}.yaml`), 'utf8');
}
