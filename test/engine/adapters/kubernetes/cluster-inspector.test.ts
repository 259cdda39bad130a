import { describe, expect, it } from 'vitest';
import { createClusterInspector } from '../../../../engine/adapters/kubernetes/cluster-inspector.ts';
import type {
  ApiAnswer,
  KubernetesApi,
} from '../../../../engine/adapters/kubernetes/kubernetes-api.ts';

const VERSION: ApiAnswer = { kind: 'found', object: { gitVersion: 'v1.36.2' } };
const kinds = (...names: readonly string[]): ApiAnswer => ({
  kind: 'found',
  object: { resources: names.map((name) => ({ name })) },
});

async function inspect(answers: Readonly<Record<string, ApiAnswer>>) {
  const never = () => Promise.reject(new Error('it only reads'));
  const api: KubernetesApi = {
    server: 'https://api',
    get: (path) => Promise.resolve(answers[path] ?? { kind: 'missing' }),
    create: never,
    replace: never,
    mergePatch: never,
  };
  const findings = await createClusterInspector(api).inspect();
  return findings.map(({ check, status, message }) => `${check} ${status}: ${message}`);
}

describe('a cluster', () => {
  it('is in order when it answers and knows Canaries with their status', async () => {
    const definitions = kinds('canaries', 'canaries/status', 'metrictemplates');
    expect(
      await inspect({ '/version': VERSION, '/apis/flagger.app/v1beta1': definitions }),
    ).toEqual([
      'reachable ok: https://api answers (v1.36.2)',
      'definitions ok: flagger.app/v1beta1 is installed',
    ]);
  });

  it.each([
    [{ kind: 'missing' } as const, 'no canaries and no canaries/status'],
    [kinds('canaries'), 'no canaries/status'],
  ])('lacks the definitions', async (answer, words) => {
    const found = await inspect({ '/version': VERSION, '/apis/flagger.app/v1beta1': answer });
    expect(found[1]).toContain(`definitions failure: flagger.app/v1beta1 has ${words}`);
  });

  it('that does not answer is asked nothing else', async () => {
    expect(await inspect({ '/version': { kind: 'unknown', why: 'connection refused' } })).toEqual([
      'reachable failure: connection refused',
    ]);
  });
});
