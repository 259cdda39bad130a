import * as z from 'zod';
import type { Cluster, SyncObserver } from '../../ports/cluster.ts';

const TIMEOUT_MS = 5_000;

const unknownState = z.object({ state: z.literal('unknown'), why: z.string() });
const missingState = z.object({ state: z.literal('missing') });

const workloadAnswer = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('found'),
    status: z.object({
      generation: z.number(),
      observedGeneration: z.number(),
      desiredReplicas: z.number(),
      replicas: z.number(),
      updatedReplicas: z.number(),
      availableReplicas: z.number(),
      progressDeadlineExceeded: z.boolean(),
      unavailableSinceMs: z.exactOptional(z.number()),
      startingSinceMs: z.exactOptional(z.number()),
    }),
  }),
  missingState,
  unknownState,
]);

const syncAnswer = z.discriminatedUnion('state', [
  z.object({ state: z.literal('synced'), revision: z.string() }),
  unknownState,
]);

const routingAnswer = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('found'),
    spec: z.record(z.string(), z.json()),
    sinceMs: z.number(),
  }),
  missingState,
  unknownState,
]);

const PLURALS = { Deployment: 'deployments', DaemonSet: 'daemonsets' } as const;

/** As a client in the cluster writes names: `reviews`, `reviews.default`, with `.svc` or not. */
const SERVICE_HOST = /^[a-z0-9-]+(\.[a-z0-9-]+)?(\.svc(\.cluster\.local)?)?$/;

/** Watches a playground over its HTTP API. One that does not answer is unknown, not gone. */
export function createPlaygroundCluster(address: string): Cluster {
  const send = (path: string, method: 'GET' | 'POST') =>
    fetch(new URL(path, address), { method, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const ask = async <T>(path: string, answer: z.ZodType<T>) => {
    const unknown = (why: string) => ({ state: 'unknown', why }) as const;
    try {
      const response = await send(path, 'GET');
      if (!response.ok) return unknown(`the playground answered ${response.status}`);
      const parsed = answer.safeParse(JSON.parse(await response.text()));
      return parsed.success ? parsed.data : unknown(`${address} does not answer as a playground`);
    } catch (error) {
      if (error instanceof SyntaxError)
        return unknown(`${address} does not answer as a playground`);
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      return unknown(`the playground at ${address} did not answer: ${String(cause)}`);
    }
  };
  const sync: SyncObserver = {
    synced: (layer) => ask(`/api/sync/${layer === 'workloads' ? layer : 'traffic'}`, syncAnswer),
    async poke() {
      const answer = await send('/api/poke', 'POST').catch(() => undefined);
      await answer?.body?.cancel();
    },
  };
  return {
    workloads: {
      workload: (kind, namespace, name) =>
        ask(pathOf(PLURALS[kind], namespace, name), workloadAnswer),
    },
    sync,
    syncOf: (branch) => branchSync(sync, branch),
    traffic: {
      routing: ({ kind, namespace, name }) =>
        ask(pathOf(`routing/${kind}`, namespace, name), routingAnswer),
    },
    metricsAddress: new URL('/metrics', address).href,
    resolveServiceUrl(url) {
      const isService = url.hostname !== 'localhost' && SERVICE_HOST.test(url.hostname);
      if (!isService) return url;
      return new URL(`/services/${url.host}${url.pathname}${url.search}`, address);
    },
  };
}

/** A playground that follows several branches names a commit for each. */
function branchSync(sync: SyncObserver, branch: string): SyncObserver {
  return {
    async synced(layer) {
      const state = await sync.synced(layer);
      if (state.state === 'unknown') return state;
      const revision = tipsOf(state.revision)[branch];
      if (revision !== undefined) return { ...state, revision };
      return { state: 'unknown', why: `the playground has no commit of ${branch} yet` };
    },
    poke: (layers) => sync.poke(layers),
  };
}

function tipsOf(revision: string): Readonly<Record<string, string>> {
  try {
    return z.record(z.string(), z.string()).parse(JSON.parse(revision));
  } catch {
    return {};
  }
}

function pathOf(kind: string, namespace: string, name: string): string {
  return `/api/${kind}/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
}
