import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { LoadTester } from '../../../engine/playground/load-tester.ts';
import { temporaryFolder } from '../../support/git-sandbox.ts';
import { aDeploymentFile } from '../../support/manifests.ts';
import { isAlive, SERVICES, startWorld, until, type World } from './world.ts';

const LOAD_TESTER = 'http://flagger-loadtester.default/';

let world: World;

beforeAll(async () => {
  world = await startWorld({ speed: 20 });
  await world.deliver({
    ...SERVICES,
    'workloads/p.yaml': aDeploymentFile({ name: 'reviews-primary' }),
    'workloads/c.yaml': aDeploymentFile({ name: 'reviews-canary' }),
  });
  await Promise.all([world.ready('reviews-primary'), world.ready('reviews-canary')]);
});

afterAll(() => world.playground.stop());

const payload = (cmd: string, name = 'reviews') =>
  JSON.stringify({ name, namespace: 'default', phase: 'Progressing', metadata: { cmd } });

describe('the load tester', () => {
  it('answers at once, and sends what the command asks for', async () => {
    const cmd = 'hey -z 20s -q 5 -c 2 http://reviews-primary.default:9080/health';
    expect((await world.post(LOAD_TESTER, payload(cmd))).status).toBe(202);
    const answered = { destination_workload: 'reviews-primary', response_code: '200' };
    await until(async () => (await world.counted(answered)) >= 50);
  });

  it('starts the same command of a canary again only after it has ended', async () => {
    const cmd = 'hey -n 60 -q 5 -c 2 http://reviews-canary.shop/';
    const send = (name?: string) =>
      world.post(LOAD_TESTER, payload(cmd.replace('.shop', ''), name));
    expect(await send()).toEqual({ status: 202, body: 'load started\n' });
    expect(await send()).toEqual({ status: 202, body: 'this load is running already\n' });
    expect(await send('ratings')).toEqual({ status: 202, body: 'load started\n' });
    await until(async () => (await send()).body === 'load started\n');
    await until(
      async () => (await world.counted({ destination_workload: 'reviews-canary' })) >= 180,
    );
    expect(await world.counted({ destination_workload: 'reviews-canary' })).toBe(180);
  });

  it.each([
    ['no metadata', '{"name":"x"}', 400],
    ['no JSON', 'x', 400],
    ['a JSON value that is no object', '7', 400],
    ['no command', '{"metadata":{}}', 400],
    ['another program', '{"metadata":{"cmd":"rm -rf /"}}', 400],
    ['another task type', '{"metadata":{"type":"bash","cmd":"true"}}', 400],
    ['a payload out of all proportion', `{"metadata":{"cmd":"${'x'.repeat(100_000)}"}}`, 413],
  ])('refuses %s', async (_, body, status) => {
    expect(await world.post(LOAD_TESTER, body)).toMatchObject({
      status,
      body: expect.stringMatching(/\w+/),
    });
  });

  it('sends no load for a path that it does not know', async () => {
    const cmd = 'hey -n 1 http://reviews-primary/';
    expect((await world.post(`${LOAD_TESTER}gate/open`, payload(cmd))).status).toBe(404);
    expect((await world.get('flagger-loadtester.test', '/healthz')).status).toBe(200);
  });
});

describe('loads', () => {
  it('end when the load tester is stopped, those of the users too', async () => {
    const server = createServer((_, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const connections = () =>
      new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
    const meshAddress = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const tester = new LoadTester({ meshAddress, speed: 1, heyPath: undefined });
    tester.handle(payload('hey -z 10m -q 10 -c 3 http://reviews/'));
    tester.startUsers(new URL('http://reviews/'), 50);
    await until(async () => (await connections()) === 7);
    tester.stop();
    await until(async () => (await connections()) === 0);
  });

  it('are sent by hey where it is installed, which ends with them', async () => {
    const folder = temporaryFolder();
    const [heyPath, seen] = [join(folder, 'hey'), join(folder, 'seen')];
    writeFileSync(
      heyPath,
      `#!/bin/sh\necho "$$ $*" > ${seen}.new; mv ${seen}.new ${seen}; exec sleep 600\n`,
    );
    chmodSync(heyPath, 0o755);
    const tester = new LoadTester({ meshAddress: 'http://127.0.0.1:1', speed: 20, heyPath });
    tester.handle(
      payload('hey -z 1m -q 10 -c 2 -H "A: b" http://reviews-canary.default:9080/x?y=1'),
    );
    await until(() => existsSync(seen));
    const [pid = '', ...words] = readFileSync(seen, 'utf8').trim().split(' ');
    expect(words.join(' ')).toBe(
      '-z=2.75s -q=200 -c=2 -m=GET -host=reviews-canary.default:9080 -H=A: b http://127.0.0.1:1/x?y=1',
    );
    expect(isAlive(Number(pid))).toBe(true);
    tester.stop();
    await until(() => !isAlive(Number(pid)));
  });
});
