import { z } from 'zod';

/** The fields of a target that must be right for Serin; the API server checks the rest. */

const Labels = z.record(z.string(), z.string());

const PodSelection = {
  selector: z.looseObject({ matchLabels: Labels }),
  template: z.looseObject({
    metadata: z
      .looseObject({ labels: Labels.optional(), annotations: Labels.optional() })
      .optional(),
    spec: z.looseObject({}),
  }),
};

const metadata = z.looseObject({ name: z.string() });

const DeploymentFile = z.looseObject({
  apiVersion: z.literal('apps/v1'),
  kind: z.literal('Deployment'),
  metadata,
  spec: z.looseObject({ replicas: z.number().int().min(0).optional(), ...PodSelection }),
});

const DaemonSetFile = z.looseObject({
  apiVersion: z.literal('apps/v1'),
  kind: z.literal('DaemonSet'),
  metadata,
  spec: z.looseObject({
    ...PodSelection,
    updateStrategy: z
      .looseObject({
        type: z
          .literal('RollingUpdate', {
            error: 'its pods would be replaced only when somebody deletes them; use RollingUpdate',
          })
          .optional(),
      })
      .optional(),
  }),
});

const ServiceFile = z.looseObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Service'),
  metadata,
  spec: z.looseObject({
    ports: z.array(z.looseObject({ port: z.number().int() })).optional(),
    clusterIP: z.string().optional(),
    type: z.string().optional(),
  }),
});

export const TARGET_FILES = {
  Deployment: DeploymentFile,
  DaemonSet: DaemonSetFile,
  Service: ServiceFile,
} as const;
