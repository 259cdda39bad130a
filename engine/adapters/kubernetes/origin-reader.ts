import { z } from 'zod';
import type { PodTemplate } from '../../../constructs/manifest.ts';
import { imagesOf, type ObjectOrigin } from '../../core/origin.ts';
import type { OriginReader } from '../../ports/origin-reader.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { directReader } from './read-object.ts';

const Workload = z.looseObject({
  metadata: z.looseObject({
    ownerReferences: z.array(z.looseObject({ kind: z.string(), name: z.string() })).default([]),
  }),
  spec: z.looseObject({ template: z.looseObject({}) }),
});

/** Whose an object is, is asked once, before it is taken over: no memory stands in between. */
export function createOriginReader(api: KubernetesApi): OriginReader {
  const objects = directReader(api);
  return {
    async origin(kind, namespace, name) {
      const reference = { apiVersion: 'apps/v1', kind, namespace, name };
      const read = await objects.read(reference, Workload);
      if (read.state !== 'found') return read;
      const { metadata, spec } = read.object;
      const [owner] = metadata.ownerReferences;
      return {
        state: 'found',
        images: imagesOf(spec.template as PodTemplate),
        ...(owner === undefined ? {} : { owner: `${owner.kind} ${owner.name}` }),
      };
    },
    async object(reference) {
      const read = await objects.read(reference, AnyObject);
      return read.state === 'found' ? marksOf(read.object.metadata) : read;
    },
  };
}

const AnyObject = z.looseObject({
  metadata: z.looseObject({
    ownerReferences: z.array(z.looseObject({ kind: z.string(), name: z.string() })).default([]),
    annotations: z.record(z.string(), z.string()).default({}),
    finalizers: z.array(z.string()).default([]),
  }),
});

/** Flagger puts it on what it makes, so that Flux leaves that alone. */
const GUARD = 'kustomize.toolkit.fluxcd.io/reconcile';
const FINALIZER = 'finalizer.flagger.app';

function marksOf(metadata: z.infer<typeof AnyObject>['metadata']): ObjectOrigin {
  const { ownerReferences, annotations, finalizers } = metadata;
  const owner = ownerReferences.find(({ kind }) => kind === 'Canary');
  return {
    state: 'found',
    ...(owner === undefined ? {} : { owner: `${owner.kind} ${owner.name}` }),
    ...(annotations[GUARD] === 'disabled' ? { guard: `${GUARD}: disabled` } : {}),
    ...(finalizers.includes(FINALIZER) ? { finalizer: FINALIZER } : {}),
  };
}
