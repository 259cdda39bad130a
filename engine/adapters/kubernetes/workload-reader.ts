import { z } from 'zod';
import { parseInstant } from '../../core/instant.ts';
import type { WorkloadObservation } from '../../core/observation.ts';
import type { WorkloadReader } from '../../ports/cluster.ts';
import type { ObjectReader } from './read-object.ts';

/** The API server leaves out counters that are zero. */
const Count = z.number().default(0);

/** @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/ */
const Deployment = z.object({
  metadata: z.object({ generation: Count, creationTimestamp: z.string().default('') }),
  spec: z.object({ replicas: z.number().default(1) }),
  status: z
    .object({
      observedGeneration: Count,
      replicas: Count,
      updatedReplicas: Count,
      availableReplicas: Count,
      conditions: z
        .array(
          z.object({
            type: z.string(),
            status: z.string(),
            reason: z.string().default(''),
            lastTransitionTime: z.string().default(''),
          }),
        )
        .default([]),
    })
    .prefault({}),
});

/** @see https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/daemon-set-v1/ */
const DaemonSet = z.object({
  metadata: z.object({ generation: Count, creationTimestamp: z.string().default('') }),
  status: z
    .object({
      observedGeneration: Count,
      desiredNumberScheduled: Count,
      currentNumberScheduled: Count,
      updatedNumberScheduled: Count,
      numberAvailable: Count,
    })
    .prefault({}),
});

export function createWorkloadReader(objects: ObjectReader): WorkloadReader {
  return {
    async workload(kind, namespace, name, occasion) {
      const reference = { apiVersion: 'apps/v1', kind, namespace, name };
      switch (kind) {
        case 'Deployment': {
          const read = await objects.read(reference, Deployment, occasion);
          return read.state === 'found' ? observeDeployment(read.object) : read;
        }
        case 'DaemonSet': {
          const read = await objects.read(reference, DaemonSet, occasion);
          return read.state === 'found' ? observeDaemonSet(read.object) : read;
        }
      }
    },
  };
}

function observeDeployment({
  metadata,
  spec,
  status,
}: z.infer<typeof Deployment>): WorkloadObservation {
  const condition = (type: string) => status.conditions.find((each) => each.type === type);
  const progressing = condition('Progressing');
  const available = condition('Available');
  const unavailableSinceMs =
    available?.status === 'False' ? parseInstant(available.lastTransitionTime) : undefined;
  const startingSinceMs =
    progressing?.reason === 'NewReplicaSetAvailable'
      ? undefined
      : parseInstant(metadata.creationTimestamp);
  return {
    state: 'found',
    status: {
      generation: metadata.generation,
      observedGeneration: status.observedGeneration,
      desiredReplicas: spec.replicas,
      replicas: status.replicas,
      updatedReplicas: status.updatedReplicas,
      availableReplicas: status.availableReplicas,
      progressDeadlineExceeded: progressing?.reason === 'ProgressDeadlineExceeded',
      ...(unavailableSinceMs === undefined ? {} : { unavailableSinceMs }),
      ...(startingSinceMs === undefined ? {} : { startingSinceMs }),
    },
  };
}

function observeDaemonSet({ metadata, status }: z.infer<typeof DaemonSet>): WorkloadObservation {
  const startingSinceMs = parseInstant(metadata.creationTimestamp);
  return {
    state: 'found',
    status: {
      generation: metadata.generation,
      observedGeneration: status.observedGeneration,
      desiredReplicas: status.desiredNumberScheduled,
      replicas: status.currentNumberScheduled,
      updatedReplicas: status.updatedNumberScheduled,
      availableReplicas: status.numberAvailable,
      progressDeadlineExceeded: false,
      ...(startingSinceMs === undefined ? {} : { startingSinceMs }),
    },
  };
}
