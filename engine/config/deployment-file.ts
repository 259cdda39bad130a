import { z } from 'zod';

const Labels = z.record(z.string(), z.string());

/** The fields of a target Deployment that must be right for Serin; the API server checks the rest. */
export const DeploymentFile = z.looseObject({
  apiVersion: z.literal('apps/v1'),
  kind: z.literal('Deployment'),
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    replicas: z.number().int().min(0).optional(),
    selector: z.looseObject({ matchLabels: Labels }),
    template: z.looseObject({
      metadata: z
        .looseObject({ labels: Labels.optional(), annotations: Labels.optional() })
        .optional(),
      spec: z.looseObject({}),
    }),
  }),
});
