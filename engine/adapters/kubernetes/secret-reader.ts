import { z } from 'zod';
import type { SecretOutcome, SecretReader } from '../../ports/secret-reader.ts';
import type { KubernetesApi } from './kubernetes-api.ts';

/** @see https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/ */
const Secret = z.looseObject({ data: z.record(z.string(), z.string()).default({}) });

/** Asks for single Secrets, so that the right to `get` some of them by name is enough. */
export function createSecretReader(api: KubernetesApi): SecretReader {
  return {
    async read(namespace, name) {
      const answer = await api.get(
        `/api/v1/namespaces/${namespace}/secrets/${encodeURIComponent(name)}`,
      );
      switch (answer.kind) {
        case 'found':
          return valuesOf(answer.object, namespace, name);
        case 'missing':
          return unread(namespace, name, 'the cluster has none of that name');
        case 'conflict':
          return unread(namespace, name, 'conflict');
        case 'unknown':
          return unread(namespace, name, answer.why);
      }
    },
  };
}

function valuesOf(object: unknown, namespace: string, name: string): SecretOutcome {
  const secret = Secret.safeParse(object);
  if (!secret.success) return unread(namespace, name, 'it does not read as a Secret');
  const values = Object.entries(secret.data.data).map(
    ([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')] as const,
  );
  return { kind: 'read', values: Object.fromEntries(values) };
}

function unread(namespace: string, name: string, why: string): SecretOutcome {
  return { kind: 'unread', why: `Secret ${namespace}/${name} cannot be read: ${why}` };
}
