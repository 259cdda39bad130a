import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openAccess } from '../../../../engine/adapters/kubernetes/open-access.ts';
import { openKubernetesApi } from '../../../../engine/adapters/kubernetes/kubernetes-api.ts';
import { ProblemError } from '../../../../engine/core/errors.ts';
import { temporaryFolder } from '../../../support/git-sandbox.ts';
import { SELF_SIGNED } from '../../../support/self-signed.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { kubeconfigFor } from './api-stub.ts';

async function startApiServer() {
  const tokens: (string | undefined)[] = [];
  const server = createServer(SELF_SIGNED, (request, response) => {
    tokens.push(request.headers.authorization);
    response.end('{"kind":"Deployment"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { tokens, port: String((server.address() as AddressInfo).port) };
}

/** A pod as the kubelet starts it. */
function aPod(port: string, account: Readonly<Record<string, string>>) {
  const [folder, home] = [temporaryFolder(), temporaryFolder()];
  for (const [name, text] of Object.entries(account)) writeFileSync(join(folder, name), text);
  const env = { HOME: home, KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: port };
  return { env, folder, monotonic: new FakeClock() };
}

const ACCOUNT = { token: 'first\n', 'ca.crt': SELF_SIGNED.cert };

describe('in a pod, the API server', () => {
  it('is asked with the token of its service account, and with a new one a minute after it came', async () => {
    const { port, tokens } = await startApiServer();
    const pod = aPod(port, ACCOUNT);
    const api = openKubernetesApi(await openAccess({}, pod));
    expect(await api.get('/a')).toMatchObject({ kind: 'found' });
    writeFileSync(join(pod.folder, 'token'), 'second');
    expect(await api.get('/a')).toMatchObject({ kind: 'found' });
    pod.monotonic.advance(60_000);
    expect(await api.get('/a')).toMatchObject({ kind: 'found' });
    expect(tokens).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
  });

  it('is not believed without a certificate of the authority that the pod was given', async () => {
    const { port, tokens } = await startApiServer();
    const pod = aPod(port, { ...ACCOUNT, 'ca.crt': '' });
    const api = openKubernetesApi(await openAccess({}, pod));
    expect(await api.get('/a')).toMatchObject({ kind: 'unknown' });
    writeFileSync(join(pod.folder, 'ca.crt'), SELF_SIGNED.cert);
    pod.monotonic.advance(60_000);
    expect(await api.get('/a')).toMatchObject({ kind: 'found' });
    expect(tokens).toEqual(['Bearer first']);
  });

  it('has an address that can be asked for by IPv6 as well', async () => {
    const pod = aPod('443', ACCOUNT);
    const env = { ...pod.env, KUBERNETES_SERVICE_HOST: 'fd00::1' };
    expect(await openAccess({}, { ...pod, env })).toMatchObject({
      server: 'https://[fd00::1]:443',
    });
  });

  it('cannot be asked without a token', async () => {
    const pod = aPod('443', { 'ca.crt': SELF_SIGNED.cert });
    await expect(openAccess({}, pod)).rejects.toThrow(ProblemError);
  });
});

describe('a kubeconfig', () => {
  const server = 'https://10.0.0.1:6443';

  it('that the configuration names counts in a pod too', async () => {
    const pod = aPod('443', ACCOUNT);
    expect(await openAccess({ kubeconfig: kubeconfigFor(server) }, pod)).toMatchObject({ server });
  });

  it.each(['$KUBECONFIG', '~/.kube/config'])(
    'in %s is looked for before the pod',
    async (where) => {
      const pod = aPod('443', ACCOUNT);
      const env = { ...pod.env, ...(where === '$KUBECONFIG' ? { KUBECONFIG: '/nowhere' } : {}) };
      mkdirSync(join(pod.env.HOME, '.kube'));
      if (where !== '$KUBECONFIG') writeFileSync(join(pod.env.HOME, '.kube/config'), '');
      const opened = await openAccess({}, { ...pod, env }).catch((error: unknown) => error);
      expect(opened).not.toMatchObject({ server: 'https://127.0.0.1:443' });
    },
  );
});
