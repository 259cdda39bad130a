import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { type ApiAccess, noCluster } from './api-access.ts';
import { createKeepAlive } from './keep-alive.ts';
import type { KubernetesAccess } from './open-access.ts';

/**
 * The credentials of a kubeconfig, whatever kind they are of. They are asked for anew with each request,
 * so that a token that was exchanged is used as soon as it is there.
 *
 * @throws ProblemError when it cannot be read, or holds no such context
 */
export function kubeconfigAccess(access: KubernetesAccess): ApiAccess {
  const config = loadKubeConfig(access);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw noCluster('the kubeconfig has no current cluster');
  const keepAlive = createKeepAlive();
  return {
    server: cluster.server,
    async authorize() {
      const options: RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      return { ...options, agent: keepAlive.agentFor(options.agent) };
    },
    forgetIdle: () => keepAlive.forgetIdle(),
  };
}

function loadKubeConfig({ kubeconfig, context }: KubernetesAccess): KubeConfig {
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    throw noCluster(error instanceof Error ? error.message : String(error));
  }
  if (context === undefined) return config;
  if (config.getContextObject(context) === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw noCluster(`there is no context ${context}; known: ${known.join(', ') || 'none'}`);
  }
  config.setCurrentContext(context);
  return config;
}
