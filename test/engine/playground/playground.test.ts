import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tree } from '../../../engine/playground/agent.ts';
import { LAYERS } from '../../../constructs/delivery-layers.ts';
import type { LogFields } from '../../../engine/ports/logger.ts';
import { parse } from 'yaml';
import { aDeploymentFile } from '../../support/manifests.ts';
import { aRouteFile, aServiceFile, SERVICES, startWorld, until, type World } from './world.ts';

const logged: { readonly message: string; readonly fields: LogFields | undefined }[] = [];
const log = (message: string, fields?: LogFields) => void logged.push({ message, fields });

let world: World;
const route = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  namespace: 'default',
  name: 'reviews',
};

beforeAll(async () => {
  world = await startWorld({ log: { info: log, warn: log, error: log } });
});

afterAll(() => world.playground.stop());

describe('the agent', () => {
  it('knows no synced revision while the branch is empty', async () => {
    await until(async () => (await whyUnknown()) === 'the branch holds no commit yet');
    expect(
      await world.cluster.workloads.workload('Deployment', 'default', 'reviews-primary'),
    ).toEqual({
      state: 'missing',
    });
  });

  it('applies what stands below the two folders, and says which commit that was', async () => {
    await world.deliver({
      'workloads/default/reviews/p.yaml': aDeploymentFile({ name: 'reviews-primary' }),
      'workloads/default/_other/o.yaml': aServiceFile('ratings', 'reviews-primary'),
      'rollouts/default/reviews/record.yaml': 'a: [',
      ...SERVICES,
      'traffic/vs.yaml': aRouteFile(100, 0),
    });
    await world.ready('reviews-primary');
    expect(await world.cluster.sync.synced('traffic')).toEqual({
      state: 'synced',
      revision: world.branch.head,
    });
    expect((await world.get('reviews')).status).toBe(200);
  });

  it('applies a Service also where it stands among workloads', async () => {
    expect((await world.get('ratings')).status).toBe(200);
  });

  it.each([
    ['no YAML', 'a: ['],
    ['no Deployment that the API server would take', 'kind: Deployment\nmetadata: {name: x}\n'],
  ])('keeps the workloads it has while one is %s, and still takes the traffic', async (_, text) => {
    world.branch.commit({ 'workloads/broken.yaml': text, 'traffic/vs.yaml': aRouteFile(60, 40) });
    await world.cluster.sync.poke(LAYERS);
    await until(
      async () =>
        (await whyUnknown('workloads'))?.startsWith('workloads/broken.yaml cannot') === true,
    );
    expect(await world.cluster.traffic.routing(route)).toMatchObject({
      spec: parse(aRouteFile(60, 40)).spec,
    });
    expect(await world.statusOf('reviews-primary')).toMatchObject({ availableReplicas: 1 });
    await world.deliver({
      'workloads/broken.yaml': undefined,
      'traffic/vs.yaml': aRouteFile(0, 1),
    });
  });

  it('keeps the whole traffic tree while a route of it is refused, and still takes workloads', async () => {
    await world.deliver({ 'traffic/vs.yaml': aRouteFile(100, 0) });
    world.branch.commit({
      'workloads/late.yaml': aDeploymentFile({ name: 'late', replicas: 0 }),
      'traffic/a.yaml': undefined,
      'traffic/vs.yaml': aRouteFile(0, 0),
    });
    await until(async () => (await whyUnknown())?.includes('sum to 0') === true);
    expect((await world.get('reviews')).status).toBe(200);
    expect(await world.statusOf('late')).toMatchObject({ desiredReplicas: 0 });
    await world.deliver({ ...SERVICES, 'traffic/vs.yaml': aRouteFile(100, 0) });
  });

  it('says why while the branch cannot be read, and goes on afterwards', async () => {
    world.branch.outage = 'the server hung up';
    await until(async () => (await whyUnknown()) === 'the server hung up');
    world.branch.outage = undefined;
    await until(async () => (await world.cluster.sync.synced('traffic')).state === 'synced');
  });

  it('removes what is gone from the branch', async () => {
    await world.deliver({
      'workloads/late.yaml': undefined,
      'workloads/default/_other/o.yaml': undefined,
    });
    expect(await world.statusOf('late')).toBeUndefined();
    expect((await world.get('ratings')).status).toBe(404);
  });

  it('logs each change of its state once', () => {
    expect(logged.length).toBeGreaterThan(3);
    const states = logged.map((line) => JSON.stringify(line));
    expect(states.filter((line, at) => line === states[at - 1])).toEqual([]);
  });
});

describe('the effective weights', () => {
  it('are dated by the change of weights, not by later commits that repeat them', async () => {
    const sinceMs = async () => {
      const routing = await world.cluster.traffic.routing(route);
      return routing.state === 'found' ? routing.sinceMs : undefined;
    };
    await world.deliver({ 'traffic/vs.yaml': aRouteFile(90, 10) });
    const first = await sinceMs();
    world.clock.leap(60_000);
    await world.deliver({ 'traffic/vs.yaml': `# again\n${aRouteFile(90, 10)}` });
    expect(await sinceMs()).toBe(first);
    await world.deliver({ 'traffic/vs.yaml': aRouteFile(80, 20) });
    expect(await sinceMs()).toBeGreaterThanOrEqual((first ?? 0) + 60_000);
  });
});

describe('the HTTP API', () => {
  const ask = (path: string, method = 'GET') =>
    fetch(`${world.playground.address}${path}`, { method });

  it('shows a person everything', async () => {
    expect(await (await ask('/api/state')).json()).toMatchObject({
      sync: { workloads: { state: 'synced' }, traffic: { state: 'synced' } },
      workloads: { 'Deployment/default/reviews-primary': { pids: [expect.any(Number)] } },
      services: { 'default/reviews': { selector: { app: 'reviews-primary' } } },
      routes: { 'default/reviews': { destinations: [{ weight: 80 }, { weight: 20 }] } },
    });
  });

  it.each([
    ['/healthz', 'GET', 200],
    ['/metrics?name=x', 'GET', 200],
    ['/api/poke', 'POST', 200],
    ['/api/poke', 'GET', 405],
    ['/nothing', 'GET', 404],
    ['/services/www.example.com/', 'GET', 404],
    ['/services/reviews?x=1', 'GET', 200],
  ])('answers %s by %s with %i', async (path, method, status) => {
    expect((await ask(path, method)).status).toBe(status);
  });

  it('lives on after a client that leaves in the middle of a webhook', async () => {
    const socket = connect(Number(new URL(world.playground.address).port), '127.0.0.1');
    const head =
      'POST / HTTP/1.1\r\nHost: flagger-loadtester.default\r\nContent-Length: 99\r\n\r\n{';
    await new Promise<void>((resolve) => socket.write(head, () => resolve()));
    socket.destroy();
    expect((await ask('/healthz')).status).toBe(200);
  });
});

async function whyUnknown(tree: Tree = 'traffic'): Promise<string | undefined> {
  const sync = await world.cluster.sync.synced(tree);
  return sync.state === 'unknown' ? sync.why : undefined;
}
