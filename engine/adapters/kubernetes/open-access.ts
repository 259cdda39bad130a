import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../ports/clock.ts';
import type { ApiAccess } from './api-access.ts';
import { podAccess, type PodAddress, SERVICE_ACCOUNT } from './pod-access.ts';

export interface KubernetesAccess {
  /** A kubeconfig; absent: `$KUBECONFIG`, `~/.kube/config`, or the pod's service account. */
  readonly kubeconfig?: string;
  readonly context?: string;
}

interface Surroundings {
  readonly env: Environment;
  readonly monotonic: Clock;
  /** Where a pod finds its service account. */
  readonly folder?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * In a pod nothing is needed but the files of its service account. A kubeconfig is read by the client
 * library, which is loaded for that alone: with all of its models it takes more memory than an engine.
 *
 * @throws ProblemError when there are no credentials that can be read
 */
export async function openAccess(
  access: KubernetesAccess,
  { env, monotonic, folder = SERVICE_ACCOUNT }: Surroundings,
): Promise<ApiAccess> {
  const isChosen = access.kubeconfig !== undefined || access.context !== undefined;
  const pod = isChosen ? undefined : podIn(env, folder);
  if (pod !== undefined) return podAccess(pod, monotonic);
  const { kubeconfigAccess } = await import('./kubeconfig-access.ts');
  return kubeconfigAccess(access);
}

function podIn(env: Environment, folder: string): PodAddress | undefined {
  const { KUBECONFIG: kubeconfig = '', HOME: home = homedir() } = env;
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = env;
  const isElsewhere = kubeconfig !== '' || existsSync(join(home, '.kube', 'config'));
  if (isElsewhere || host === '' || port === '') return undefined;
  return existsSync(folder) ? { host, port, folder } : undefined;
}
