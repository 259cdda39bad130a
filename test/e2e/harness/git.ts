import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { NODE_IP, STATE } from './surroundings.ts';

export const GIT_PASSWORD = 'correct-horse';
export const GIT_ADDRESS = `http://${NODE_IP}:3000`;
export const SOURCE_URL = `${GIT_ADDRESS}/source.git`;
export const DELIVERY_URL = `${GIT_ADDRESS}/delivery.git`;
export const DELIVERY_BRANCH = 'env/prod';
export const REPOSITORIES = join(STATE, 'repositories');

const ENV = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'A Developer',
  GIT_AUTHOR_EMAIL: 'developer@localhost',
  GIT_COMMITTER_NAME: 'A Developer',
  GIT_COMMITTER_EMAIL: 'developer@localhost',
};

export function git(cwd: string, ...args: readonly string[]): string {
  return execFileSync('git', [...args], { cwd, env: ENV, encoding: 'utf8', stdio: 'pipe' }).trim();
}

const WORK = join(STATE, 'source');

/** The two repositories as a server has them, and a developer's clone of the source. */
export function createRepositories(): void {
  for (const name of ['source.git', 'delivery.git']) {
    const bare = join(REPOSITORIES, name);
    mkdirSync(bare, { recursive: true });
    git(bare, 'init', '--bare', '--quiet', '--initial-branch=main');
    git(bare, 'config', 'http.receivepack', 'true');
    git(bare, 'config', 'uploadpack.allowFilter', 'true');
    git(bare, 'config', 'gc.auto', '0');
  }
  git(STATE, 'clone', '--quiet', join(REPOSITORIES, 'source.git'), WORK);
}

/** What a developer does: writes files and pushes. Answers the commit. */
export function commitSource(files: Readonly<Record<string, string>>, message: string): string {
  for (const [path, text] of Object.entries(files)) {
    const file = join(WORK, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return publish(message);
}

export function removeSource(path: string): string {
  rmSync(join(WORK, path), { recursive: true });
  return publish(`remove ${path}`);
}

function publish(message: string): string {
  git(WORK, 'add', '-A');
  git(WORK, 'commit', '--quiet', '-m', message);
  git(WORK, 'push', '--quiet', 'origin', 'HEAD:main');
  return git(WORK, 'rev-parse', 'HEAD');
}

let told: { readonly tip: string; readonly subjects: readonly string[] } | undefined;

/**
 * Subjects of the delivery branch that concern a canary, oldest first. Stories are waited for ten times
 * a second: Git is only asked when the branch has moved.
 */
export function deliveryLog(canary: string): readonly string[] {
  const bare = join(REPOSITORIES, 'delivery.git');
  const ref = join(bare, 'refs/heads', DELIVERY_BRANCH);
  if (!existsSync(ref)) return [];
  const tip = readFileSync(ref, 'utf8');
  if (told?.tip !== tip) {
    const log = git(bare, 'log', '--reverse', '--format=%s', tip.trim());
    told = { tip, subjects: log.split('\n') };
  }
  return told.subjects.filter((subject) => subject.startsWith(`${canary}: `));
}

export function deliveryHead(): string {
  return git(join(REPOSITORIES, 'delivery.git'), 'rev-parse', DELIVERY_BRANCH);
}

/** A file of the delivery branch as it stands now. */
export function deliveryFile(path: string): string {
  return git(join(REPOSITORIES, 'delivery.git'), 'show', `${DELIVERY_BRANCH}:${path}`);
}
