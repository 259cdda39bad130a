import { Chart, Duration } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { Canary, MetricCheck, Strategy, Target, Webhook } from '../../constructs/index.ts';

/** The reviews service of canary.yaml and deployment-v1.yaml, with types. */
export class Reviews extends Chart {
  constructor(scope: Construct) {
    super(scope, 'reviews', { namespace: 'default' });
    new Canary(this, 'canary', {
      target: Target.deployment(this.#deployment('v1')),
      service: { port: 9080, targetPort: 9080 },
      strategy: Strategy.canary({ stepWeight: 10, maxWeight: 50 }),
      interval: Duration.minutes(1),
      threshold: 5,
      progressDeadline: Duration.seconds(60),
      metrics: [
        MetricCheck.successRate({ min: 99, interval: Duration.minutes(1) }),
        MetricCheck.duration({ max: Duration.millis(500), interval: Duration.seconds(30) }),
      ],
      webhooks: [
        Webhook.loadTest({
          url: 'http://flagger-loadtester.default/',
          timeout: Duration.seconds(5),
          command: 'hey -z 1m -q 10 -c 2 http://reviews-canary.default:9080/health',
        }),
      ],
    });
  }

  #deployment(version: string): k8s.KubeDeployment {
    const labels = { app: 'reviews' };
    return new k8s.KubeDeployment(this, 'deployment', {
      metadata: { name: 'reviews', labels },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            containers: [
              {
                name: 'reviews',
                image: `docker.io/istio/examples-bookinfo-reviews-${version}:1.20.3`,
                ports: [{ name: 'http', containerPort: 9080 }],
                readinessProbe: {
                  httpGet: { path: '/health', port: k8s.IntOrString.fromNumber(9080) },
                },
                env: [{ name: 'VERSION', value: version }],
              },
            ],
          },
        },
      },
    });
  }
}
