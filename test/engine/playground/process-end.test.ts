import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../support/git-sandbox.ts';
import { aDeploymentFile } from '../../support/manifests.ts';
import { isAlive, startWorld, until } from './world.ts';

it('a playground that stops leaves no process behind, also none that crashes or drains', async () => {
  const world = await startWorld();
  const crashing = aDeploymentFile({ name: 'crashing', env: { CRASH: 'true' } });
  await world.deliver({
    'workloads/a.yaml': aDeploymentFile({ replicas: 3 }),
    'workloads/b.yaml': crashing,
  });
  await world.ready('reviews');
  const pids = await world.pids();
  expect(pids.length).toBeGreaterThanOrEqual(3);
  await world.deliver({ 'workloads/a.yaml': aDeploymentFile({ version: 'v2' }) });
  await world.playground.stop();
  await world.playground.stop();
  expect(pids.filter(isAlive)).toEqual([]);
  expect(await world.cluster.sync.synced('traffic')).toMatchObject({ state: 'unknown' });
});

it('a playground that is killed takes its pods and its loads with it', async () => {
  const folder = temporaryFolder();
  const [heyPath, seen] = [join(folder, 'hey'), join(folder, 'seen')];
  writeFileSync(
    heyPath,
    `#!/bin/sh\necho $$ > ${seen}.new; mv ${seen}.new ${seen}; exec sleep 600\n`,
  );
  chmodSync(heyPath, 0o755);
  const standalone = join(import.meta.dirname, 'standalone.ts');
  const child = spawn(process.execPath, ['--no-warnings', standalone, heyPath], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.on('data', (chunk) => (printed += String(chunk)));
  await until(() => printed.endsWith('\n') && existsSync(seen));
  const pids = [...(JSON.parse(printed) as number[]), Number(readFileSync(seen, 'utf8'))];
  expect(pids).toHaveLength(3);
  expect(pids.every(isAlive)).toBe(true);
  child.kill('SIGKILL');
  await until(() => !pids.some(isAlive));
});
