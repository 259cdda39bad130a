import type { z } from 'zod';
import type { ObjectReference } from '../../ports/cluster.ts';
import type { KubernetesApi } from './kubernetes-api.ts';

export type ReadObject<T> =
  | { readonly state: 'found'; readonly object: T }
  | { readonly state: 'missing' }
  | { readonly state: 'unknown'; readonly why: string };

/** An object of the cluster as far as a schema looks at it. */
export async function readObject<T>(
  api: KubernetesApi,
  reference: ObjectReference,
  schema: z.ZodType<T>,
): Promise<ReadObject<T>> {
  const answer = await api.get(pathOf(reference));
  switch (answer.kind) {
    case 'missing':
      return { state: 'missing' };
    case 'conflict':
      return { state: 'unknown', why: 'conflict' };
    case 'unknown':
      return { state: 'unknown', why: answer.why };
    case 'found':
      break;
  }
  const parsed = schema.safeParse(answer.object);
  if (parsed.success) return { state: 'found', object: parsed.data };
  const { kind, namespace, name } = reference;
  return { state: 'unknown', why: `${namespace}/${name} does not read as a ${kind}` };
}

function pathOf({ apiVersion, kind, namespace, name }: ObjectReference): string {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${group}/namespaces/${namespace}/${pluralOf(kind.toLowerCase())}/${name}`;
}

/** The rule by which Kubernetes names the resource of a kind: services, canaries. */
function pluralOf(kind: string): string {
  return kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : `${kind}s`;
}
