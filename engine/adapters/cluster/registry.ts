import { ProblemError } from '../../core/errors.ts';
import { type Cluster, createPlaygroundCluster } from './playground-cluster.ts';

/** Every kind of cluster the engine can watch, by its id in `serin.yaml`. */
export const CLUSTER_PROVIDERS: Readonly<Record<string, (address: string) => Cluster>> = {
  playground: createPlaygroundCluster,
};

export function openCluster(provider: string, address: string): Cluster {
  const open = Object.hasOwn(CLUSTER_PROVIDERS, provider) ? CLUSTER_PROVIDERS[provider] : undefined;
  if (open !== undefined) return open(address);
  throw new ProblemError([
    {
      code: 'unknown-provider',
      message: `cluster.provider is ${JSON.stringify(provider)}, which is not known`,
      remedy: `use one of: ${Object.keys(CLUSTER_PROVIDERS).join(', ')}`,
    },
  ]);
}
