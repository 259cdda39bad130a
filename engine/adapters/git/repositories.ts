import type { Clock } from '../../ports/clock.ts';
import { FolderAccess } from './access/folder-access.ts';
import { BareClone } from './bare-clone.ts';
import type { Environment } from './create-git.ts';
import { repositoryUrl } from './names.ts';

export interface RepositoriesOptions {
  /** What relative paths start from. */
  readonly folder: string;
  readonly cacheFolder: string;
  readonly env: Environment;
  /** The real time. */
  readonly clock: Clock;
}

export interface RepositoryOptions {
  /** A path or a URL. */
  readonly repository: string;
  /** A folder of secrets. Absent: whatever the environment offers. */
  readonly credentials?: string | undefined;
}

/** One clone per repository and credentials, whoever reads it. Clones hold nothing that cannot be fetched again. */
export class Repositories {
  readonly #options: RepositoriesOptions;
  readonly #clones = new Map<string, BareClone>();

  constructor(options: RepositoriesOptions) {
    this.#options = options;
  }

  /** Whoever opens a repository first says whether anybody will write to it. */
  open({ repository, credentials }: RepositoryOptions, use: 'read' | 'write'): BareClone {
    const { folder, cacheFolder, env, clock } = this.#options;
    const url = repositoryUrl(repository, folder);
    const key = JSON.stringify([url, credentials]);
    const known = this.#clones.get(key);
    if (known !== undefined) return known;
    const writable = use === 'write';
    const access =
      credentials === undefined
        ? {}
        : { access: new FolderAccess({ folder: credentials, url, writable, clock }) };
    const clone = new BareClone({ url, cacheFolder, env, ...access });
    this.#clones.set(key, clone);
    return clone;
  }
}
