import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { GIT_ENV, Remote, temporaryFolder } from '../support/git-sandbox.ts';
import { aCanaryFile, aDeploymentFile } from '../support/manifests.ts';

/** `serin run` as a process, with a playground of its own and a clock that is fast. */
const ROOT = join(import.meta.dirname, '../..');
const LOADER = join(ROOT, 'node_modules/tsx/dist/loader.mjs');

export interface Running {
  readonly child: ChildProcess;
  readonly remote: Remote;
  readonly folder: string;
  log(): string;
}

export interface RunOptions {
  /** Further lines of `serin.yaml`. */
  readonly config?: readonly string[];
  /** In place of the line with the one delivery. */
  readonly deliveries?: readonly string[];
  readonly command?: 'run' | 'step';
  /** Further arguments. */
  readonly args?: readonly string[];
}

export function startRun({
  command = 'run',
  config = [],
  deliveries = ['delivery: { repository: remote.git, branch: delivery/test }'],
  args = [],
}: RunOptions = {}): Running {
  const folder = temporaryFolder();
  const remote = new Remote(folder);
  mkdirSync(join(folder, 'dist'));
  writeFileSync(join(folder, 'dist', 'canary.yaml'), aCanaryFile());
  writeFileSync(join(folder, 'dist', 'deployment.yaml'), aDeploymentFile());
  const lines = [
    'source: { folder: dist }',
    ...deliveries,
    `clock: { speed: 20, anchor: "${new Date().toISOString()}" }`,
    ...config,
  ];
  writeFileSync(join(folder, 'serin.yaml'), lines.join('\n'));
  const words = ['--import', LOADER, join(ROOT, 'engine/cli/bin.ts'), command, ...args];
  const env = { ...GIT_ENV, XDG_CACHE_HOME: join(folder, 'cache') };
  const child = spawn(process.execPath, words, {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk) => (text += String(chunk)));
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, remote, folder, log: () => text };
}

export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`it did not come to pass: ${what}`);
}
