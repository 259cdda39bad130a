import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '../../ports/clock.ts';
import { type ApiAccess, noCluster } from './api-access.ts';
import { createKeepAlive } from './keep-alive.ts';

/** Where the kubelet puts what a pod needs to speak to the API server. */
export const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The kubelet exchanges a token long before it expires; client-go looks as often. */
const KEPT_MS = 60_000;

const MOUNT =
  'let the pod mount the token of its service account (automountServiceAccountToken), or name a kubeconfig under cluster in serin.yaml';

export interface PodAddress {
  readonly host: string;
  readonly port: string;
  /** Holds `token` and `ca.crt`. */
  readonly folder: string;
}

interface Account {
  readonly token: string;
  /** Of the authorities that the API server's certificate may come from, as PEM. */
  readonly ca: string;
  readonly agent: Agent;
  readonly readMs: number;
}

/**
 * The credentials of the pod's service account, which change while the engine runs.
 *
 * @see https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/#directly-accessing-the-rest-api
 * @throws ProblemError when they cannot be read
 */
export async function podAccess(
  { host, port, folder }: PodAddress,
  monotonic: Clock,
): Promise<ApiAccess> {
  const keepAlive = createKeepAlive();
  const readAccount = async (before?: Account): Promise<Account> => {
    const names = ['token', 'ca.crt'].map((name) => join(folder, name));
    const [token = '', ca = ''] = await Promise.all(names.map((name) => readFile(name, 'utf8')));
    const agent = before?.ca === ca ? before.agent : new Agent({ ca });
    return { token: token.trim(), ca, agent, readMs: monotonic.nowMs() };
  };
  let account = await readAccount().catch((error: unknown) => {
    throw noCluster(error instanceof Error ? error.message : String(error), MOUNT);
  });
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    async authorize() {
      const isOld = monotonic.nowMs() - account.readMs >= KEPT_MS;
      if (isOld) account = await readAccount(account);
      return {
        headers: { authorization: `Bearer ${account.token}` },
        agent: keepAlive.agentFor(account.agent),
      };
    },
    forgetIdle: () => keepAlive.forgetIdle(),
  };
}
