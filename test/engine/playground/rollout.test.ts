import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aDeploymentFile, type DeploymentFile } from '../../support/manifests.ts';
import { aServiceFile, isAlive, startWorld, until, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
  await world.deliver({ 'traffic/a.yaml': aServiceFile('app', 'app') });
});

afterAll(() => world.playground.stop());

const deliver = (differing: DeploymentFile) =>
  world.deliver({ 'workloads/a.yaml': aDeploymentFile({ name: 'app', ...differing }) });

const withDeadline = (seconds: number, differing: DeploymentFile) =>
  aDeploymentFile({ name: 'app', ...differing }).replace(
    /^spec:/m,
    `spec:\n  progressDeadlineSeconds: ${seconds}`,
  );

describe('a Deployment', () => {
  it('runs each replica as a process, ready once its server listens', async () => {
    await deliver({ version: 'v1', replicas: 2 });
    await world.ready('app');
    expect(await world.statusOf('app')).toEqual({
      generation: 1,
      observedGeneration: 1,
      desiredReplicas: 2,
      replicas: 2,
      updatedReplicas: 2,
      availableReplicas: 2,
      progressDeadlineExceeded: false,
    });
    const pids = await world.pids();
    expect(new Set(pids).size).toBe(2);
    expect(pids.every(isAlive)).toBe(true);
  });

  it('gets no new generation from what is not its spec', async () => {
    await deliver({ version: 'v1', replicas: 2, annotation: 'reading' });
    expect(await world.statusOf('app')).toMatchObject({ generation: 1 });
  });

  it('replaces its pods under constant load without a failed request', async () => {
    let isOver = false;
    const statuses: number[] = [];
    const user = async () => {
      while (!isOver) statuses.push((await world.get('app')).status);
    };
    const users = Promise.all(Array.from({ length: 6 }, user));
    await until(() => statuses.length > 50);
    await deliver({ version: 'v2', replicas: 2, env: { LATENCY_MS: '20' } });
    await world.ready('app');
    await deliver({ version: 'v3', replicas: 2 });
    await world.ready('app');
    const before = statuses.length;
    await until(() => statuses.length > before + 50);
    isOver = true;
    await users;
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect((await world.get('app')).body).toContain('"v3"');
  });

  it('lets an old pod finish a slow answer before its process ends', async () => {
    await deliver({ version: 'slow', env: { LATENCY_MS: '1500' } });
    await world.ready('app');
    await until(async () => (await world.pids()).length === 1);
    const [slowPid = 0] = await world.pids();
    const slow = world.get('app');
    await deliver({ version: 'v4' });
    await world.ready('app');
    expect((await world.get('app')).body).toContain('"v4"');
    expect(await slow).toMatchObject({ status: 200, body: expect.stringContaining('"slow"') });
    await until(() => !isAlive(slowPid));
  });

  it('scales to nothing, and back', async () => {
    await deliver({ version: 'v4', replicas: 0 });
    expect(await world.statusOf('app')).toMatchObject({ replicas: 0, desiredReplicas: 0 });
    await until(async () => (await world.pids()).length === 0);
    await deliver({ version: 'v4', replicas: 3 });
    await world.ready('app');
    await deliver({ version: 'v4', replicas: 1 });
    await deliver({ version: 'v4', replicas: 2 });
    await world.ready('app');
    expect((await world.statusOf('app'))?.availableReplicas).toBe(2);
  });

  it('has no second deadline for a pod that crashes after it was out, and restarts it', async () => {
    await deliver({ version: 'v4', replicas: 1 });
    await world.ready('app');
    await until(async () => (await world.pids()).length === 1);
    world.clock.leap(3_600_000);
    const [pid = 0] = await world.pids();
    process.kill(pid, 'SIGKILL');
    await until(async () => (await world.statusOf('app'))?.unavailableSinceMs !== undefined);
    expect(await world.statusOf('app')).toMatchObject({
      replicas: 1,
      updatedReplicas: 1,
      availableReplicas: 0,
      progressDeadlineExceeded: false,
    });
    expect(await world.statusOf('app')).not.toHaveProperty('startingSinceMs');
    await world.ready('app');
    expect(await world.statusOf('app')).not.toHaveProperty('unavailableSinceMs');
  });

  it('keeps its old pods while the new ones crash, and misses its own deadline', async () => {
    const text = withDeadline(60, { version: 'v5', env: { CRASH: 'true' } });
    await world.deliver({ 'workloads/a.yaml': text });
    const crashing = { replicas: 2, updatedReplicas: 1, availableReplicas: 1 };
    expect(await world.statusOf('app')).toMatchObject({
      ...crashing,
      progressDeadlineExceeded: false,
    });
    world.clock.leap(61_000);
    expect(await world.statusOf('app')).toMatchObject({
      ...crashing,
      progressDeadlineExceeded: true,
    });
    expect((await world.get('app')).body).toContain('"v4"');
    await deliver({ version: 'v6' });
    await world.ready('app');
    expect(await world.statusOf('app')).toMatchObject({ progressDeadlineExceeded: false });
  });

  it('that crashes from its first pod on is never ready', async () => {
    const text = aDeploymentFile({ name: 'broken', env: { CRASH: 'true' } });
    await world.deliver({ 'workloads/b.yaml': text });
    await until(async () => (await world.statusOf('broken'))?.unavailableSinceMs !== undefined);
    const createdMs = world.clock.nowMs();
    world.clock.leap(601_000);
    expect(await world.statusOf('broken')).toMatchObject({
      replicas: 1,
      availableReplicas: 0,
      progressDeadlineExceeded: true,
      startingSinceMs: expect.toSatisfy((sinceMs: number) => sinceMs <= createdMs) as number,
    });
    await world.deliver({ 'workloads/b.yaml': undefined });
  });
});

describe('a pod', () => {
  it('answers its version and its name on any path', async () => {
    await deliver({ version: 'v7' });
    await world.ready('app');
    expect(JSON.parse((await world.get('app', '/health')).body)).toEqual({
      version: 'v7',
      pod: expect.stringMatching(/^app-\w{5}-\d+$/),
      path: '/health',
    });
  });

  it('spreads its errors evenly', async () => {
    await deliver({ env: { ERROR_RATE: '0.2' } });
    await world.ready('app');
    const statuses = [];
    for (let count = 0; count < 20; count += 1) statuses.push((await world.get('app')).status);
    expect(statuses.flatMap((status, at) => (status === 500 ? at + 1 : []))).toEqual([
      5, 10, 15, 20,
    ]);
  });

  it('is broken and mended while it runs by its control path', async () => {
    const told = await world.get('app', '/ctl?err=1&lat=1');
    expect(JSON.parse(told.body)).toMatchObject({ errorRate: 1, latencyMs: 1 });
    expect((await world.get('app')).status).toBe(500);
    await world.get('app', '/ctl?err=0');
    expect((await world.get('app')).status).toBe(200);
  });

  it('is not handed variables that would steer the process it runs in', async () => {
    await deliver({ version: 'v8', env: { NODE_OPTIONS: '--require=/nowhere.cjs' } });
    await world.ready('app');
    expect((await world.get('app')).body).toContain('"v8"');
  });
});

it('every pod takes the playground’s time to get ready, unless it has its own', async () => {
  const slow = await startWorld({ readyDelayMs: 600_000 });
  await slow.deliver({
    'workloads/a.yaml': aDeploymentFile({ name: 'usual' }),
    'workloads/b.yaml': aDeploymentFile({ name: 'quick', env: { READY_DELAY_MS: '0' } }),
  });
  await slow.ready('quick');
  expect(await slow.statusOf('usual')).toMatchObject({ replicas: 1, availableReplicas: 0 });
  await slow.playground.stop();
});

describe('what goes with a Deployment', () => {
  const scaler = 'workloads/scaler.yaml';
  const settings = 'workloads/settings.yaml';
  const config = (version: string) =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {VERSION: ${version}}\n`;

  it('is an autoscaler, which gives the least where Git says nothing', async () => {
    const spec = '{minReplicas: 2, scaleTargetRef: {kind: Deployment, name: app}}';
    const text = `apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec: ${spec}\n`;
    await world.deliver({
      'workloads/a.yaml': aDeploymentFile({ name: 'app', version: 'v8' }),
      [scaler]: text,
    });
    await world.ready('app');
    expect(await world.statusOf('app')).toMatchObject({ desiredReplicas: 2, availableReplicas: 2 });
    await deliver({ version: 'v8', replicas: 0 });
    await until(async () => (await world.statusOf('app'))?.replicas === 0);
    await world.deliver({ [scaler]: undefined });
  });

  it('is what its variables take from a ConfigMap when a pod starts, and not later', async () => {
    const reading = aDeploymentFile({ name: 'app', version: 'own' })
      .replace(/- name: VERSION\n +value: own\n/, '- {name: MODE, value: x}\n')
      .replace(
        '          env:',
        '          envFrom: [{configMapRef: {name: settings}}]\n          env:',
      );
    await world.deliver({ 'workloads/a.yaml': reading, [settings]: config('first') });
    await world.ready('app');
    expect((await world.get('app')).body).toContain('"first"');
    await world.deliver({ [settings]: config('second') });
    expect((await world.get('app')).body).toContain('"first"');
    const named = reading
      .replace(/ +envFrom: .*\n/, '')
      .replace(
        '- {name: MODE, value: x}',
        '- {name: VERSION, valueFrom: {configMapKeyRef: {name: settings, key: VERSION}}}',
      );
    await world.deliver({ 'workloads/a.yaml': named });
    await world.ready('app');
    expect((await world.get('app')).body).toContain('"second"');
  });
});

it('a DaemonSet runs on the one node, unless it asks for a label', async () => {
  const text = aDeploymentFile({ name: 'agent' }).replace('kind: Deployment', 'kind: DaemonSet');
  const read = () => world.cluster.workloads.workload('DaemonSet', 'default', 'agent');
  await world.deliver({ 'workloads/agent.yaml': text });
  await until(async () => {
    const seen = await read();
    return seen.state === 'found' && seen.status.availableReplicas === 1;
  });
  const asleep = text.replace(
    '    spec:\n      containers',
    '    spec:\n      nodeSelector: {flagger.app/scale-to-zero: "true"}\n      containers',
  );
  await world.deliver({ 'workloads/agent.yaml': asleep });
  await until(async () => {
    const seen = await read();
    return seen.state === 'found' && seen.status.replicas === 0;
  });
  await world.deliver({ 'workloads/agent.yaml': undefined });
});
