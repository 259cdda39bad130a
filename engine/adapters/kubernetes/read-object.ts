import type { z } from 'zod';
import type { Clock } from '../../ports/clock.ts';
import type { ObjectReference } from '../../ports/cluster.ts';
import type { ApiAnswer, KubernetesApi } from './kubernetes-api.ts';

export type ReadObject<T> =
  | { readonly state: 'found'; readonly object: T }
  | { readonly state: 'missing' }
  | { readonly state: 'unknown'; readonly why: string };

/** Reads objects of the cluster as far as a schema looks at them. */
export interface ObjectReader {
  /** @param occasion see `WorkloadReader`; a reader without a memory has no use for it. */
  read<T>(
    reference: ObjectReference,
    schema: z.ZodType<T>,
    occasion?: string,
  ): Promise<ReadObject<T>>;
}

/** What it takes to read and to poke a sync agent. */
export interface AgentSurroundings {
  readonly api: KubernetesApi;
  readonly objects: ObjectReader;
  readonly clock: Clock;
}

/** Asks the API server each time. */
export function directReader(api: KubernetesApi): ObjectReader {
  return {
    async read(reference, schema) {
      return readAs(await api.get(pathOf(reference)), reference, schema);
    },
  };
}

export function readAs<T>(
  answer: ApiAnswer,
  reference: ObjectReference,
  schema: z.ZodType<T>,
): ReadObject<T> {
  switch (answer.kind) {
    case 'missing':
      return { state: 'missing' };
    case 'conflict':
      return { state: 'unknown', why: 'conflict' };
    case 'unknown':
      return { state: 'unknown', why: answer.why };
    case 'found':
      return parseAs(answer.object, reference, schema);
  }
}

export function parseAs<T>(
  object: unknown,
  { kind, namespace, name }: ObjectReference,
  schema: z.ZodType<T>,
): ReadObject<T> {
  const parsed = schema.safeParse(object);
  if (parsed.success) return { state: 'found', object: parsed.data };
  return { state: 'unknown', why: `${namespace}/${name} does not read as a ${kind}` };
}

export function pathOf(reference: ObjectReference): string {
  return `${folderOf(reference)}/${reference.name}`;
}

/** The collection that an object belongs to. */
export function folderOf({ apiVersion, kind, namespace }: Omit<ObjectReference, 'name'>): string {
  const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${group}/namespaces/${namespace}/${pluralOf(kind.toLowerCase())}`;
}

/** The rule by which Kubernetes names the resource of a kind: services, canaries. */
function pluralOf(kind: string): string {
  return kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : `${kind}s`;
}
