import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { kubeconfigAccess } from '../../../../engine/adapters/kubernetes/kubeconfig-access.ts';
import { openKubernetesApi } from '../../../../engine/adapters/kubernetes/kubernetes-api.ts';
import { temporaryFolder } from '../../../support/git-sandbox.ts';
import { startHttpStub, type StubAnswer, type StubRequest } from '../../../support/http-stub.ts';

/** An API server that holds these objects, by path; everything else is missing. */
export function startApiStub(objects: Readonly<Record<string, unknown>>) {
  return startAnsweringApi(({ path }) => {
    const object = objects[path.split('?', 1)[0] ?? ''];
    return object === undefined
      ? { status: 404, body: '{"kind":"Status","reason":"NotFound"}' }
      : { body: JSON.stringify(object) };
  });
}

export async function startAnsweringApi(
  answer: (request: StubRequest, index: number) => StubAnswer,
) {
  const { url, requests } = await startHttpStub(answer);
  return { api: openKubernetesApi(kubeconfigAccess({ kubeconfig: kubeconfigFor(url) })), requests };
}

export function kubeconfigFor(server: string): string {
  const path = join(temporaryFolder(), 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'stub',
    contexts: [{ name: 'stub', context: { cluster: 'stub', user: 'engine' } }],
    clusters: [{ name: 'stub', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'engine', user: { token: 'a-token' } }],
  };
  writeFileSync(path, stringify(config));
  return path;
}
