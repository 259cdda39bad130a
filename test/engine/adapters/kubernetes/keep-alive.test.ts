import { Agent, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createKeepAlive } from '../../../../engine/adapters/kubernetes/keep-alive.ts';
import { kubeconfigAccess } from '../../../../engine/adapters/kubernetes/kubeconfig-access.ts';
import { openKubernetesApi } from '../../../../engine/adapters/kubernetes/kubernetes-api.ts';
import { SELF_SIGNED } from '../../../support/self-signed.ts';
import { kubeconfigFor } from './api-stub.ts';

async function startSecureApi() {
  const counts = { connections: 0, requests: 0 };
  const server = createServer(SELF_SIGNED, (request, response) => {
    counts.requests += 1;
    if (request.url === '/cut') request.socket.destroy();
    response.end('{"kind":"Deployment"}');
  });
  server.on('secureConnection', () => (counts.connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { counts, kubeconfig: kubeconfigFor(`https://127.0.0.1:${port}`) };
}

describe('a connection to the API server', () => {
  it('is kept for the requests that follow', async () => {
    const { counts, kubeconfig } = await startSecureApi();
    const api = openKubernetesApi(kubeconfigAccess({ kubeconfig }));
    for (let asked = 0; asked < 5; asked += 1) {
      expect(await api.get('/apis/apps/v1/namespaces/shop/deployments/reviews')).toMatchObject({
        kind: 'found',
      });
    }
    expect(counts).toEqual({ connections: 1, requests: 5 });
  });

  it('is no longer trusted once another one has died', async () => {
    const { counts, kubeconfig } = await startSecureApi();
    const api = openKubernetesApi(kubeconfigAccess({ kubeconfig }));
    await Promise.all([api.get('/a'), api.get('/b'), api.get('/c')]);
    expect(counts.connections).toBe(3);
    expect(await api.get('/cut')).toMatchObject({ kind: 'unknown' });
    expect(await api.get('/d')).toMatchObject({ kind: 'found' });
    expect(counts.connections).toBe(4);
  });

  it('is given up before the server does, and has the certificates that it would have had', () => {
    const keep = createKeepAlive();
    const agent = new Agent({ ca: SELF_SIGNED.cert, servername: 'api' });
    const kept = keep.agentFor(agent);
    expect(kept).toMatchObject({
      options: { ca: SELF_SIGNED.cert, servername: 'api', keepAlive: true, timeout: 30_000 },
    });
    expect(keep.agentFor(agent)).toBe(kept);
  });

  it('through a proxy stays as the client library makes it', () => {
    class ProxyAgent extends Agent {}
    const agent = new ProxyAgent();
    expect(createKeepAlive().agentFor(agent)).toBe(agent);
    expect(createKeepAlive().agentFor(undefined)).toBeUndefined();
  });
});
