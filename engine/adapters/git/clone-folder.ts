import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGit, type Environment, type Git, OBJECTS_ONLY } from './create-git.ts';

/** What `git clone --filter=blob:none` writes; the fetches then leave contents on the server. */
const PARTIAL_CLONE = [
  ['core.repositoryFormatVersion', '1'],
  ['extensions.partialClone', 'origin'],
  ['remote.origin.promisor', 'true'],
  ['remote.origin.partialCloneFilter', 'blob:none'],
] as const;

/** An empty clone in the place of whatever is there: it is there whole, or not at all. */
export async function makeClone(folder: string, url: string, env: Environment): Promise<void> {
  const fresh = `${folder}.${randomUUID()}`;
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  try {
    const git = createGit({ folder: fresh, env });
    await git.run(['init', '--bare', '--quiet', '.']);
    for (const [key, value] of PARTIAL_CLONE) await git.run(['config', key, value]);
    await git.run(['config', 'remote.origin.url', url]);
    await addObjectsOnly(fresh);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    await rename(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** Whether a clone of this repository can be worked with. */
export async function isSound(git: Git, folder: string, url: string): Promise<boolean> {
  if (!existsSync(folder)) return false;
  try {
    const known = await git.run(['config', '--get', 'remote.origin.url']);
    await git.run(['for-each-ref', '--count=1']);
    return known.trim() === url;
  } catch {
    return false;
  }
}

/** What `git cat-file` needs of a repository besides its objects. */
export async function addObjectsOnly(clone: string): Promise<void> {
  const folder = join(clone, OBJECTS_ONLY);
  await mkdir(join(folder, 'refs'), { recursive: true });
  await writeFile(join(folder, 'HEAD'), 'ref: refs/heads/none\n');
}
