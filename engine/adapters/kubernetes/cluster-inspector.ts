import { z } from 'zod';
import type { Finding, Inspector } from '../../ports/inspector.ts';
import type { KubernetesApi } from './kubernetes-api.ts';

const Version = z.looseObject({ gitVersion: z.string() });
const Resources = z.looseObject({ resources: z.array(z.looseObject({ name: z.string() })) });

/** Whether the API server lets the engine in and knows what a Canary is. */
export function createClusterInspector(api: KubernetesApi): Inspector {
  return {
    async inspect(): Promise<readonly Finding[]> {
      const reached = await reachable(api);
      return reached.status === 'failure' ? [reached] : [reached, await definition(api)];
    },
  };
}

async function reachable(api: KubernetesApi): Promise<Finding> {
  const found = { part: 'cluster', check: 'reachable' };
  const answer = await api.get('/version');
  if (answer.kind === 'found') {
    const version = Version.safeParse(answer.object).data?.gitVersion ?? 'of an unknown version';
    return { ...found, status: 'ok', message: `${api.server} answers (${version})` };
  }
  const message = answer.kind === 'unknown' ? answer.why : `${api.server} is no API server`;
  const remedy = 'check cluster.kubeconfig and cluster.context, and the network in between';
  return { ...found, status: 'failure', message, remedy };
}

/** Everybody who is logged in may read what kinds there are. */
async function definition(api: KubernetesApi): Promise<Finding> {
  const found = { part: 'cluster', check: 'definitions' };
  const answer = await api.get('/apis/flagger.app/v1beta1');
  if (answer.kind === 'unknown') {
    const remedy = 'let the engine read the API discovery (the role system:discovery)';
    return { ...found, status: 'warning', message: answer.why, remedy };
  }
  const resources =
    answer.kind === 'found' ? (Resources.safeParse(answer.object).data?.resources ?? []) : [];
  const names = new Set(resources.map(({ name }) => name));
  const missing = ['canaries', 'canaries/status'].filter((name) => !names.has(name));
  if (missing.length === 0) {
    return { ...found, status: 'ok', message: 'flagger.app/v1beta1 is installed' };
  }
  return {
    ...found,
    status: 'failure',
    message: `flagger.app/v1beta1 has no ${missing.join(' and no ')}`,
    remedy: 'kubectl apply --server-side -f imports/crds/flagger.yaml',
  };
}
