import { z } from 'zod';
import type { EndpointReader } from '../../ports/cluster.ts';
import type { WatchableApi } from './kubernetes-api.ts';
import { folderOf } from './read-object.ts';

/**
 * An endpoint that does not say whether it is ready is to be taken for ready.
 * @see https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#conditions
 */
const Slices = z.object({
  items: z.array(
    z.object({
      endpoints: z
        .array(z.object({ conditions: z.object({ ready: z.boolean().nullish() }).prefault({}) }))
        .nullish(),
    }),
  ),
});

/** Asks the API server each time: it is asked before the first traffic of a rollout alone. */
export function createEndpointReader(api: WatchableApi): EndpointReader {
  return {
    async endpoints(namespace, service) {
      const path = folderOf({ ...SLICE, namespace });
      const ofService = encodeURIComponent(`kubernetes.io/service-name=${service}`);
      const answer = await api.list(`${path}?labelSelector=${ofService}`);
      if (answer.kind !== 'found') {
        return { state: 'unknown', why: answer.kind === 'unknown' ? answer.why : answer.kind };
      }
      const slices = Slices.safeParse(answer.object);
      if (!slices.success) return { state: 'unknown', why: `${path} is no list of EndpointSlices` };
      const endpoints = slices.data.items.flatMap((slice) => slice.endpoints ?? []);
      const ready = endpoints.filter(({ conditions }) => conditions.ready !== false).length;
      return { state: 'counted', ready };
    },
  };
}

const SLICE = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' };
