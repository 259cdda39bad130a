import { z } from 'zod';
import type { WorkloadKind } from '../../../constructs/canary-spec.ts';
import type { PodTemplate } from '../../../constructs/manifest.ts';
import { imagesOf, type ObjectOrigin } from '../../core/origin.ts';
import type { OriginReader } from '../../ports/origin-reader.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { pathOf } from './live-traffic.ts';

const Workload = z.looseObject({
  metadata: z.looseObject({
    ownerReferences: z.array(z.looseObject({ kind: z.string(), name: z.string() })).default([]),
  }),
  spec: z.looseObject({ template: z.looseObject({}) }),
});

const PLURALS: Readonly<Record<WorkloadKind, string>> = {
  Deployment: 'deployments',
  DaemonSet: 'daemonsets',
};

export function createOriginReader(api: KubernetesApi): OriginReader {
  return {
    async origin(kind, namespace, name) {
      const answer = await api.get(
        `/apis/apps/v1/namespaces/${namespace}/${PLURALS[kind]}/${name}`,
      );
      if (answer.kind === 'missing') return { state: 'missing' };
      if (answer.kind === 'conflict') return { state: 'unknown', why: 'conflict' };
      if (answer.kind === 'unknown') return { state: 'unknown', why: answer.why };
      const parsed = Workload.safeParse(answer.object);
      if (!parsed.success) {
        return { state: 'unknown', why: `${namespace}/${name} does not read as a ${kind}` };
      }
      const { metadata, spec } = parsed.data;
      const [owner] = metadata.ownerReferences;
      return {
        state: 'found',
        images: imagesOf(spec.template as PodTemplate),
        ...(owner === undefined ? {} : { owner: `${owner.kind} ${owner.name}` }),
      };
    },
    async object(reference) {
      const answer = await api.get(pathOf(reference));
      if (answer.kind === 'missing') return { state: 'missing' };
      if (answer.kind === 'conflict') return { state: 'unknown', why: 'conflict' };
      if (answer.kind === 'unknown') return { state: 'unknown', why: answer.why };
      const { kind, namespace, name } = reference;
      const parsed = AnyObject.safeParse(answer.object);
      return parsed.success
        ? marksOf(parsed.data.metadata)
        : { state: 'unknown', why: `${namespace}/${name} does not read as a ${kind}` };
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
