import { describe, expect, it } from 'vitest';
import { LAYERS } from '../../../../constructs/delivery-layers.ts';
import { createPlaygroundCluster } from '../../../../engine/adapters/cluster/playground-cluster.ts';
import { startHttpStub, type StubAnswer } from '../../../support/http-stub.ts';

const route = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  namespace: 'shop',
  name: 'reviews',
};

async function ask(answer: StubAnswer) {
  const { url, requests } = await startHttpStub(() => answer);
  const cluster = createPlaygroundCluster(url);
  const answers = [
    await cluster.workloads.workload('Deployment', 'shop', 'reviews'),
    await cluster.sync.synced('traffic'),
    await cluster.traffic.routing(route),
  ];
  return { answers, paths: requests.map(({ path }) => path) };
}

describe('the cluster adapter', () => {
  it.each([
    ['refuses', { status: 500 }, 'answered 500'],
    ['cuts the connection', { cut: true }, 'did not answer'],
    ['is a web page', { body: '<html>' }, 'does not answer as a playground'],
    ['is another API', { body: '{"state":"found"}' }, 'does not answer as a playground'],
  ])('takes a server that %s as unknown, with the reason', async (_, stub, why) => {
    const { answers } = await ask(stub);
    for (const answer of answers) {
      expect(answer).toEqual({ state: 'unknown', why: expect.stringContaining(why) });
    }
  });

  it('takes an address where nobody listens as unknown, not as gone, and can poke it', async () => {
    const gone = createPlaygroundCluster('http://127.0.0.1:1');
    expect(await gone.workloads.workload('Deployment', 'a', 'b')).toMatchObject({
      state: 'unknown',
    });
    expect(await gone.sync.synced('traffic')).toMatchObject({ state: 'unknown' });
    expect(await gone.traffic.routing(route)).toMatchObject({ state: 'unknown' });
    await gone.sync.poke(LAYERS);
  });

  it('asks by kind, namespace and name', async () => {
    const { answers, paths } = await ask({ body: '{"state":"unknown","why":"just so"}' });
    expect(answers).toEqual(
      Array.from({ length: 3 }, () => ({ state: 'unknown', why: 'just so' })),
    );
    expect(paths).toEqual([
      '/api/deployments/shop/reviews',
      '/api/sync/traffic',
      '/api/routing/VirtualService/shop/reviews',
    ]);
  });

  it('pokes by POST', async () => {
    const { url, requests } = await startHttpStub(() => ({ body: '{}' }));
    await createPlaygroundCluster(url).sync.poke(LAYERS);
    expect(requests).toMatchObject([{ method: 'POST', path: '/api/poke' }]);
  });
});

describe('a URL', () => {
  const cluster = createPlaygroundCluster('http://127.0.0.1:7000');

  it.each([
    ['http://flagger-loadtester.default/', '/services/flagger-loadtester.default/'],
    ['http://gate:8080/check?a=1', '/services/gate:8080/check?a=1'],
    ['http://gate.shop.svc.cluster.local/x/y', '/services/gate.shop.svc.cluster.local/x/y'],
  ])('of a Service leads into the cluster: %s', (url, path) => {
    expect(cluster.resolveServiceUrl(new URL(url)).href).toBe(`http://127.0.0.1:7000${path}`);
  });

  it.each([
    'https://gates.example.com/approve',
    'http://127.0.0.1:9000/',
    'http://localhost:9000/',
  ])('of somewhere else stays as it is: %s', (url) => {
    expect(cluster.resolveServiceUrl(new URL(url)).href).toBe(url);
  });
});
