import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { GIT_ENV, Remote, temporaryFolder } from '../support/git-sandbox.ts';
import { aCanaryFile, aDeploymentFile } from '../support/manifests.ts';

/** `serin run` as a process, with a playground of its own and a clock that is fast. */
const ROOT = join(import.meta.dirname, '../..');
const LOADER = join(ROOT, 'node_modules/tsx/dist/loader.mjs');

interface Running {
  readonly child: ChildProcess;
  readonly remote: Remote;
  readonly folder: string;
  log(): string;
}

function startRun(): Running {
  const folder = temporaryFolder();
  const remote = new Remote(folder);
  mkdirSync(join(folder, 'dist'));
  writeFileSync(join(folder, 'dist', 'canary.yaml'), aCanaryFile());
  writeFileSync(join(folder, 'dist', 'deployment.yaml'), aDeploymentFile());
  const config = [
    'source: { folder: dist }',
    'delivery: { repository: remote.git, branch: delivery/test }',
    `clock: { speed: 20, anchor: "${new Date().toISOString()}" }`,
  ];
  writeFileSync(join(folder, 'serin.yaml'), config.join('\n'));
  const args = ['--import', LOADER, join(ROOT, 'engine/cli/bin.ts'), 'run'];
  const env = { ...GIT_ENV, XDG_CACHE_HOME: join(folder, 'cache') };
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk) => (text += String(chunk)));
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, remote, folder, log: () => text };
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`it did not come to pass: ${what}`);
}

const exitOf = (child: ChildProcess) =>
  new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal }));
  });

const isInitialized = ({ remote }: Running) =>
  remote.git('branch', '--list', 'delivery/test') !== '' &&
  remote.subjects('delivery/test').length === 3;

/** The pods of a run: processes whose environment names one. */
function podsOf(run: Running): readonly string[] {
  return readFileSync(`/proc/${run.child.pid}/task/${run.child.pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter((pid) => pid !== '' && commandLine(pid).includes('pod-server'));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

it('finishes the pass under way on SIGTERM, takes its playground along, and exits 0', async () => {
  const run = startRun();
  await until('initialized', () => isInitialized(run));
  await until('pods', () => podsOf(run).length > 0);
  const pods = podsOf(run);
  const exit = exitOf(run.child);
  run.child.kill('SIGTERM');
  expect(await exit).toEqual({ code: 0, signal: null });
  for (const pid of pods) expect(commandLine(pid)).toBe('');
  expect(run.log()).toContain('"message":"decision pushed"');
});

it('leaves no pod behind when it is killed', async () => {
  const run = startRun();
  await until('initialized', () => isInitialized(run));
  const pods = podsOf(run);
  expect(pods.length).toBeGreaterThan(0);
  const exit = exitOf(run.child);
  run.child.kill('SIGKILL');
  await exit;
  await until('no pod is left', () =>
    pods.every((pid) => !commandLine(pid).includes('pod-server')),
  );
});
