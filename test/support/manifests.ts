import { stringify } from 'yaml';

export interface CanaryFile {
  readonly name?: string;
  readonly namespace?: string;
  readonly interval?: string;
  readonly threshold?: number;
  readonly stepWeight?: number;
  readonly stepWeightPromotion?: number;
  readonly progressDeadlineSeconds?: number;
  /** In place of the ladder. */
  readonly iterations?: number;
  readonly webhooks?: readonly object[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** Fields of the spec beside the analysis. */
  readonly spec?: object;
}

/** The seed's Canary as people write it, with the Deployment of one version beside it. */
export function aCanaryFile(differing: CanaryFile = {}): string {
  const { name = 'reviews', namespace = 'default', interval = '1m', ...rest } = differing;
  const { threshold = 5, stepWeight = 10, progressDeadlineSeconds = 60 } = rest;
  const { stepWeightPromotion, iterations, webhooks, spec, annotations } = rest;
  const ladder = iterations === undefined ? { maxWeight: 50, stepWeight } : { iterations };
  return stringify({
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name, namespace, ...(annotations === undefined ? {} : { annotations }) },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      progressDeadlineSeconds,
      ...spec,
      service: { port: 9080, targetPort: 9080 },
      analysis: {
        interval,
        threshold,
        ...ladder,
        ...(stepWeightPromotion === undefined ? {} : { stepWeightPromotion }),
        metrics: [
          { name: 'request-success-rate', thresholdRange: { min: 99 }, interval: '1m' },
          { name: 'request-duration', thresholdRange: { max: 500 }, interval: '30s' },
        ],
        ...(webhooks === undefined ? {} : { webhooks }),
      },
    },
  });
}

export interface DeploymentFile {
  readonly name?: string;
  readonly namespace?: string;
  readonly version?: string;
  readonly replicas?: number;
  readonly annotation?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export function aDeploymentFile(differing: DeploymentFile = {}): string {
  const { name = 'reviews', namespace = 'default', version = 'v1', env = {} } = differing;
  const { replicas, annotation } = differing;
  return stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      namespace,
      ...(annotation === undefined ? {} : { annotations: { team: annotation } }),
    },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          containers: [
            {
              name,
              image: `registry.example/${name}:${version}`,
              ports: [{ containerPort: 9080 }],
              env: [
                { name: 'VERSION', value: version },
                ...Object.entries(env).map(([key, value]) => ({ name: key, value })),
              ],
            },
          ],
        },
      },
    },
  });
}
