import { describe, expect, it } from 'vitest';
import { kubeconfigAccess } from '../../../../engine/adapters/kubernetes/kubeconfig-access.ts';
import { openKubernetesApi } from '../../../../engine/adapters/kubernetes/kubernetes-api.ts';
import { ProblemError } from '../../../../engine/core/errors.ts';
import { startHttpStub } from '../../../support/http-stub.ts';
import { kubeconfigFor, startAnsweringApi } from './api-stub.ts';

const PATH = '/apis/apps/v1/namespaces/shop/deployments/reviews';

describe('the Kubernetes API', () => {
  it('is asked with the credentials of the kubeconfig', async () => {
    const { api, requests } = await startAnsweringApi(() => ({ body: '{"kind":"Deployment"}' }));
    expect(await api.get(PATH)).toEqual({ kind: 'found', object: { kind: 'Deployment' } });
    expect(requests[0]?.headers.authorization).toBe('Bearer a-token');
  });

  it('says by name which field manager patches, and that it is a merge patch', async () => {
    const { api, requests } = await startAnsweringApi(() => ({ body: '{}' }));
    await api.mergePatch(PATH, { metadata: {} }, 'serin');
    expect(requests[0]).toMatchObject({
      method: 'PATCH',
      path: `${PATH}?fieldManager=serin`,
      headers: { 'content-type': 'application/merge-patch+json' },
      body: '{"metadata":{}}',
    });
  });

  it('says of each request which verb it is', async () => {
    const { url } = await startHttpStub(() => ({ body: '{}' }));
    const verbs: string[] = [];
    const api = openKubernetesApi(kubeconfigAccess({ kubeconfig: kubeconfigFor(url) }), (verb) =>
      verbs.push(verb),
    );
    await api.get(PATH);
    await api.list('/apis/apps/v1/namespaces/shop/deployments');
    await api.create(PATH, {});
    await api.replace(PATH, {});
    await api.mergePatch(PATH, {}, 'serin');
    const unheard = { opened() {}, event() {} };
    await api.watch(`${PATH}?watch=true`, unheard, new AbortController().signal);
    expect(verbs).toEqual(['get', 'list', 'create', 'update', 'patch', 'watch']);
  });

  it('tells missing, conflict and refused apart', async () => {
    const statuses = [404, 409, 403];
    const body = '{"kind":"Status","message":"deployments is forbidden"}';
    const { api } = await startAnsweringApi((_, index) => ({
      status: statuses[index] ?? 500,
      body,
    }));
    expect(await api.get(PATH)).toEqual({ kind: 'missing' });
    expect(await api.create(PATH, {})).toEqual({ kind: 'conflict' });
    expect(await api.replace(PATH, {})).toEqual({
      kind: 'unknown',
      status: 403,
      why: 'the API server answered 403: deployments is forbidden',
    });
  });

  it.each([
    ['is cut off', { cut: true }, 'did not answer'],
    ['is not JSON', { body: '<html>' }, 'without JSON'],
    ['never comes', { hang: true }, 'no answer within 5 s'],
  ])('takes an answer that %s as unknown, with the reason', async (_, answer, why) => {
    const { api } = await startAnsweringApi(() => answer);
    expect(await api.get(PATH)).toEqual({ kind: 'unknown', why: expect.stringContaining(why) });
  });

  it('takes a server that is away as unknown', async () => {
    const api = openKubernetesApi(
      kubeconfigAccess({ kubeconfig: kubeconfigFor('http://127.0.0.1:1') }),
    );
    expect(await api.get(PATH)).toMatchObject({ kind: 'unknown' });
  });

  it.each([
    ['a kubeconfig that is not there', { kubeconfig: '/nowhere/kubeconfig' }],
    ['a context it does not hold', { context: 'prod' }],
  ])('refuses %s with a remedy', (_, access) => {
    const kubeconfig = kubeconfigFor('http://127.0.0.1:1');
    expect(() => kubeconfigAccess({ kubeconfig, ...access })).toThrow(ProblemError);
  });
});
