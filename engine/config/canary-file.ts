import { z } from 'zod';
import { parseDurationMs } from './duration.ts';

/**
 * A Flagger Canary as people write it. What Flagger knows and Serin does not act on yet is refused
 * by name, because silence would be the worst answer; values that change nothing are accepted.
 */
const UNSUPPORTED = 'unsupported';

/** A field of Flagger's that Serin does not act on yet. */
function unsupported(harmless: (value: unknown) => boolean = () => false) {
  return z
    .unknown()
    .optional()
    .refine((value) => value === undefined || harmless(value), { params: { code: UNSUPPORTED } });
}

const isFalse = (value: unknown) => value === false || value === null;
const isEmpty = (value: unknown) =>
  value === null || (typeof value === 'object' && Object.keys(value).length === 0);

const Duration = z.string().transform((text, context) => {
  const durationMs = parseDurationMs(text);
  if (durationMs !== undefined && durationMs > 0) return durationMs;
  context.addIssue({
    code: 'custom',
    message: `${text} is not a duration such as 30s, 1m or 1m30s`,
  });
  return z.NEVER;
});

const Percent = z.number().int().min(0).max(100);
const Port = z.number().int().min(1).max(65_535);

/** @see https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names */
const DnsLabel = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'must be a DNS label: lower case letters, digits, -');

/** Names that `-primary` and `-canary` are added to, within the 63 characters of a DNS label. */
export const TRACK_NAME_MAX = 63 - '-primary'.length;
const TrackName = DnsLabel.max(
  TRACK_NAME_MAX,
  `at most ${TRACK_NAME_MAX} characters, so that -primary still fits`,
);

const Metric = z.strictObject({
  name: z.string(),
  interval: Duration.optional(),
  threshold: z.number().optional(),
  thresholdRange: z
    .strictObject({ min: z.number().optional(), max: z.number().optional() })
    .optional(),
  query: unsupported(),
  templateRef: unsupported(),
  templateVariables: unsupported(isEmpty),
});

const WebhookFile = z.strictObject({
  name: z.string().min(1),
  type: z.string().optional(),
  url: z.url({ protocol: /^https?$/ }),
  timeout: Duration.optional(),
  retries: z.number().int().min(0).max(20).optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  muteAlert: unsupported(isFalse),
  disableTLS: unsupported(isFalse),
});

const Analysis = z.strictObject({
  interval: Duration.optional(),
  threshold: z.number().int().optional(),
  maxWeight: z.number().optional(),
  stepWeight: z.number().optional(),
  stepWeights: z.array(z.number()).optional(),
  stepWeightPromotion: Percent.optional(),
  primaryReadyThreshold: Percent.optional(),
  canaryReadyThreshold: Percent.optional(),
  metrics: z.array(Metric).optional(),
  webhooks: z.array(WebhookFile).optional(),
  alerts: unsupported(isEmpty),
  iterations: unsupported((value) => value === 0),
  match: unsupported(isEmpty),
  mirror: unsupported(isFalse),
  mirrorWeight: unsupported((value) => value === 0),
  sessionAffinity: unsupported(),
});

const ServiceFile = z.strictObject({
  name: TrackName.optional(),
  port: Port,
  portName: z.string().optional(),
  targetPort: z.union([Port, z.string().min(1)]).optional(),
  gateways: z.array(z.string().min(1)).optional(),
  hosts: z.array(z.string().min(1)).optional(),
  apex: unsupported(isEmpty),
  appProtocol: unsupported(),
  backends: unsupported(isEmpty),
  backendTimeout: unsupported(),
  canary: unsupported(isEmpty),
  corsPolicy: unsupported(isEmpty),
  delegation: unsupported(isFalse),
  gatewayRefs: unsupported(isEmpty),
  headers: unsupported(isEmpty),
  headless: unsupported(isFalse),
  match: unsupported(isEmpty),
  meshName: unsupported(),
  mirror: unsupported(isEmpty),
  portDiscovery: unsupported(isFalse),
  primary: unsupported(isEmpty),
  retries: unsupported(isEmpty),
  rewrite: unsupported(isEmpty),
  timeout: unsupported(),
  trafficDistribution: unsupported(),
  trafficPolicy: unsupported(isEmpty),
  unmanagedMetadata: unsupported(isEmpty),
});

export const CanaryFile = z.strictObject({
  apiVersion: z.literal('flagger.app/v1beta1'),
  kind: z.literal('Canary'),
  metadata: z.looseObject({ name: DnsLabel, namespace: DnsLabel.optional() }),
  status: z.unknown().optional(),
  spec: z.strictObject({
    provider: z.string().optional(),
    targetRef: z.strictObject({
      apiVersion: z.string(),
      kind: z.string(),
      name: TrackName,
    }),
    progressDeadlineSeconds: z.number().int().min(1).optional(),
    service: ServiceFile,
    analysis: Analysis,
    autoscalerRef: unsupported(),
    ingressRef: unsupported(),
    metricsServer: unsupported(),
    revertOnDeletion: unsupported(isFalse),
    routeRef: unsupported(),
    skipAnalysis: unsupported(isFalse),
    suspend: unsupported(isFalse),
    upstreamRef: unsupported(),
  }),
});

export type CanaryFile = z.infer<typeof CanaryFile>;

export function isUnsupported(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'custom' && issue.params?.['code'] === UNSUPPORTED;
}
