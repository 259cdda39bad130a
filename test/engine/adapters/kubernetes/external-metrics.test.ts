import { describe, expect, it } from 'vitest';
import { createExternalMetrics } from '../../../../engine/adapters/kubernetes/external-metrics.ts';
import { startAnsweringApi, startApiStub } from './api-stub.ts';

const path = '/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/s0-queue';
const query = { namespace: 'shop', metric: 's0-queue', labelSelector: '' };
const LIST = { kind: 'ExternalMetricValueList', items: [{ value: '3' }] };

describe('an external metric', () => {
  it('is read as it comes', async () => {
    const { api, requests } = await startApiStub({ [path]: LIST });
    expect(await createExternalMetrics(api).list(query)).toEqual({ kind: 'read', list: LIST });
    const selected = { ...query, labelSelector: 'app=a,tier!=b' };
    expect(await createExternalMetrics(api).list(selected)).toMatchObject({ kind: 'read' });
    expect(requests.map((request) => request.path)).toEqual([
      path,
      `${path}?labelSelector=app%3Da%2Ctier%21%3Db`,
    ]);
  });

  it.each([
    ['is missing', { status: 404, body: '{}' }, /no external metric s0-queue/],
    ['is forbidden', { status: 403, body: '{"message":"forbidden"}' }, /403: forbidden/],
  ])('that %s is unread and says why', async (_, answer, why) => {
    const { api } = await startAnsweringApi(() => answer);
    expect(await createExternalMetrics(api).list(query)).toEqual({
      kind: 'unread',
      why: expect.stringMatching(why),
    });
  });
});
