import type { ExternalMetrics } from '../../ports/external-metrics.ts';
import type { KubernetesApi } from './kubernetes-api.ts';

/** Asks with the engine's own rights. */
export function createExternalMetrics(api: KubernetesApi): ExternalMetrics {
  return {
    async list({ namespace, metric, labelSelector }) {
      const path = `/apis/external.metrics.k8s.io/v1beta1/namespaces/${namespace}/${encodeURIComponent(metric)}`;
      const parameters = new URLSearchParams({ labelSelector }).toString();
      const answer = await api.get(labelSelector === '' ? path : `${path}?${parameters}`);
      switch (answer.kind) {
        case 'found':
          return { kind: 'read', list: answer.object };
        case 'missing':
          return { kind: 'unread', why: `the cluster has no external metric ${metric}` };
        case 'conflict':
          return { kind: 'unread', why: 'conflict' };
        case 'unknown':
          return { kind: 'unread', why: answer.why };
      }
    },
  };
}
