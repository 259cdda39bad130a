import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Access } from '../../engine/adapters/git/access/access.ts';
import { BareClone } from '../../engine/adapters/git/bare-clone.ts';
import { createGitDeliveryRepository } from '../../engine/adapters/git/git-delivery-repository.ts';
import type { DeliveryRepository, FileChange } from '../../engine/ports/delivery-repository.ts';

/** A folder that is gone when the test is. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'serin-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

export const GIT_ENV = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Somebody',
  GIT_AUTHOR_EMAIL: 'somebody@localhost',
  GIT_COMMITTER_NAME: 'Somebody',
  GIT_COMMITTER_EMAIL: 'somebody@localhost',
  GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
  GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
};

/** A bare repository on disk, as a server would have it, and what stands in it. */
export class Remote {
  readonly folder: string;
  readonly #root: string;
  #clones = 0;

  constructor(root = temporaryFolder()) {
    this.#root = root;
    this.folder = join(root, 'remote.git');
    execFileSync('git', ['init', '--bare', '--quiet', '--initial-branch=main', this.folder], {
      env: GIT_ENV,
    });
    this.git('config', 'uploadpack.allowFilter', 'true');
    this.git('config', 'gc.auto', '0');
  }

  get url(): string {
    return pathToFileURL(this.folder).href;
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', ['-C', this.folder, ...args], {
      env: GIT_ENV,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** A clone of its own for one writer. */
  clone(url = this.url, access?: Access): BareClone {
    this.#clones += 1;
    const cacheFolder = join(this.#root, `clone-${this.#clones}`);
    const way = access === undefined ? {} : { access };
    return new BareClone({ url, cacheFolder, env: GIT_ENV, ...way });
  }

  delivery(branch = 'delivery/test', clone = this.clone()): DeliveryRepository {
    const identity = { name: 'Serin', email: 'serin@localhost' };
    return createGitDeliveryRepository({ clone, branch, author: identity, committer: identity });
  }

  /** A commit made by a person, with Git's own tools. */
  commit(
    branch: string,
    files: Readonly<Record<string, string | undefined>>,
    message = 'by hand',
  ): string {
    return this.commitAt(GIT_ENV.GIT_COMMITTER_DATE, branch, files, message);
  }

  /** The same at a moment of the person's own clock. */
  commitAt(
    date: string,
    branch: string,
    files: Readonly<Record<string, string | undefined>>,
    message = 'by hand',
  ): string {
    const work = join(this.#root, `work-${(this.#clones += 1)}`);
    const env = { ...GIT_ENV, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
    const run = (...args: readonly string[]) =>
      execFileSync('git', ['-C', work, ...args], { env, encoding: 'utf8', stdio: 'pipe' });
    execFileSync('git', ['clone', '--quiet', this.folder, work], { env: GIT_ENV, stdio: 'pipe' });
    const exists = this.git('branch', '--list', branch).trim() !== '';
    run(
      ...(exists ? ['checkout', '--quiet', branch] : ['checkout', '--quiet', '--orphan', branch]),
    );
    for (const [path, text] of Object.entries(files)) {
      if (text === undefined) {
        run('rm', '--quiet', '--', path);
        continue;
      }
      execFileSync(
        'sh',
        ['-c', 'mkdir -p "$(dirname "$1")" && cat > "$1"', 'sh', join(work, path)],
        {
          input: text,
        },
      );
      run('add', '--', path);
    }
    run('commit', '--quiet', '-m', message);
    run('push', '--quiet', 'origin', `HEAD:refs/heads/${branch}`);
    return run('rev-parse', 'HEAD').trim();
  }

  /** A script of the server. */
  hook(name: string, script: string): void {
    writeFileSync(join(this.folder, 'hooks', name), script, { mode: 0o755 });
  }

  subjects(branch: string): readonly string[] {
    return this.git('log', '--format=%s', branch).trim().split('\n');
  }

  files(branch: string): readonly string[] {
    const out = this.git('ls-tree', '-r', '--name-only', branch);
    return out.split('\n').filter((line) => line !== '');
  }

  file(branch: string, path: string): string {
    return this.git('show', `${branch}:${path}`);
  }
}

export function write(path: string, text: string): FileChange {
  return { kind: 'write', path, text };
}
