import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { type Running, startRun, until } from './running-engine.ts';

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

it('serves several deliveries, and trouble with one holds up no other', async () => {
  const run = startRun({
    deliveries: [
      'deliveries:',
      '  - { name: lost, repository: nowhere.git, branch: delivery/test }',
      '  - { name: eu, repository: remote.git, branch: delivery/test }',
      '  - { name: us, repository: remote.git, branch: "delivery/us/{cell}", cells: 2 }',
    ],
  });
  await until('initialized', () => isInitialized(run));
  await until('initialized in cells', () => {
    const branches = run.remote.git(
      'for-each-ref',
      '--format=%(refname:short)',
      'refs/heads/delivery/us',
    );
    const [branch = ''] = branches.split('\n');
    return branch !== '' && run.remote.subjects(branch).length === 3;
  });
  const exit = exitOf(run.child);
  run.child.kill('SIGTERM');
  expect(await exit).toEqual({ code: 0, signal: null });
  expect(run.log()).toMatch(/"delivery":"eu".*"subject":"reviews\.default: initialize/);
  expect(run.log()).toMatch(/"delivery":"lost".*could not be read/);
}, 60_000);
