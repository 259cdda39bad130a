import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aDeploymentFile } from '../../support/manifests.ts';
import { aRouteFile, aServiceFile, SERVICES, startWorld, until, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
  await world.deliver({
    'workloads/p.yaml': aDeploymentFile({ name: 'reviews-primary', version: 'v1', replicas: 2 }),
    'workloads/c.yaml': aDeploymentFile({ name: 'reviews-canary', version: 'v2' }),
    ...SERVICES,
    'traffic/vs.yaml': aRouteFile(70, 30),
  });
  await Promise.all([world.ready('reviews-primary'), world.ready('reviews-canary')]);
});

afterAll(() => world.playground.stop());

async function canaryShare(requests: number): Promise<number> {
  let canary = 0;
  const client = async () => {
    for (let count = 0; count < requests / 4; count += 1) {
      const { body } = await world.get('reviews.default:9080');
      if (body.includes('"v2"')) canary += 1;
    }
  };
  await Promise.all([client(), client(), client(), client()]);
  return canary;
}

describe('the mesh', () => {
  it('splits live requests by the weights that were pulled', async () => {
    // Binomial with p = 0.3: a standard deviation is 14.5 requests.
    expect(Math.abs((await canaryShare(1_000)) - 300)).toBeLessThan(4 * 14.5);
  });

  it('sends nothing to a track of weight 0', async () => {
    await world.deliver({ 'traffic/vs.yaml': aRouteFile(100, 0) });
    expect(await canaryShare(100)).toBe(0);
    await world.deliver({ 'traffic/vs.yaml': aRouteFile(0, 100) });
    expect(await canaryShare(100)).toBe(100);
  });

  it.each([
    'reviews-canary',
    'reviews-canary.default',
    'REVIEWS-CANARY.default.svc',
    'reviews-canary.default.svc.cluster.local:9080',
  ])('reaches one track by its own Service, named %s', async (host) => {
    expect(await world.get(host)).toMatchObject({
      status: 200,
      body: expect.stringContaining('"v2"'),
    });
  });

  it('gives the pods of a Service their turns, whatever else is asked in between', async () => {
    const pods: string[] = [];
    for (let count = 0; count < 10; count += 1) {
      pods.push((JSON.parse((await world.get('reviews-primary')).body) as { pod: string }).pod);
      await world.get('reviews-canary');
    }
    expect(new Set(pods).size).toBe(2);
    expect(pods.filter((pod) => pod === pods[0])).toHaveLength(5);
  });

  it('knows no Service that was not applied', async () => {
    expect((await world.get('ratings')).status).toBe(404);
    expect((await world.get('reviews.elsewhere')).status).toBe(404);
  });

  it('counts requests as Istio does, errors by their code', async () => {
    const own = { reporter: 'destination', destination_workload: 'reviews-canary' };
    const service = { destination_service: 'reviews-canary.default.svc.cluster.local' };
    const [good, bad] = await Promise.all([
      world.counted({ ...own, response_code: '200' }),
      world.counted({ ...own, response_code: '500' }),
    ]);
    await world.get('reviews-canary', '/ctl?err=0.5');
    for (let count = 0; count < 10; count += 1) await world.get('reviews-canary');
    const labels = { ...own, ...service, destination_workload_namespace: 'default' };
    expect(await world.counted({ ...labels, response_code: '500' })).toBe(bad + 5);
    expect(await world.counted({ ...labels, response_code: '200' })).toBe(good + 6);
    const text = await (await fetch(new URL('/metrics', world.playground.address))).text();
    expect(text).toMatch(
      /^istio_request_duration_milliseconds_bucket\{le="0\.5",.*reviews-canary/m,
    );
    expect(text).toMatch(/^istio_request_duration_milliseconds_bucket\{le="3600000",/m);
    expect(text).toMatch(/^istio_request_duration_milliseconds_(sum|count)\{/m);
  });

  it('notes a client that left without an answer as such', async () => {
    await world.get('reviews-canary', '/ctl?err=0&lat=60000');
    const gone = { destination_workload: 'reviews-canary', response_code: '0' };
    await until(async () => {
      const impatient = request(world.playground.address, {
        headers: { host: 'reviews-canary' },
        agent: false,
      });
      impatient.on('error', () => {});
      impatient.end();
      await world.get('reviews-primary');
      impatient.destroy();
      return (await world.counted(gone)) > 0;
    });
  });

  it('keeps its counters when the pods are replaced', async () => {
    const before = await world.counted({ destination_workload: 'reviews-canary' });
    await world.deliver({
      'workloads/c.yaml': aDeploymentFile({ name: 'reviews-canary', version: 'v3' }),
    });
    await world.ready('reviews-canary');
    await world.get('reviews-canary');
    expect(await world.counted({ destination_workload: 'reviews-canary' })).toBe(before + 1);
  });

  it.each([
    ['whose Deployment is scaled to 0', 'reviews-canary'],
    ['without a selector', 'bare'],
  ])('answers 503 for a Service %s, and counts it from the sender’s side', async (_, name) => {
    await world.deliver({
      'workloads/c.yaml': aDeploymentFile({ name: 'reviews-canary', replicas: 0 }),
      'traffic/b.yaml': aServiceFile('bare', 'x').replace(/selector: .*\}/, 'ports: []}'),
    });
    await until(async () => (await world.statusOf('reviews-canary'))?.replicas === 0);
    expect(await world.get(name)).toMatchObject({ status: 503 });
    const labels = { reporter: 'source', destination_workload: 'unknown', response_code: '503' };
    const service = { destination_service: `${name}.default.svc.cluster.local` };
    expect(await world.counted({ ...labels, ...service })).toBe(1);
  });
});
