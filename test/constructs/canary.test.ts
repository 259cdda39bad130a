import { App, Chart, Duration } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import {
  Canary,
  type CanaryProps,
  manifestYaml,
  MetricCheck,
  PropertyError,
  Strategy,
  Target,
  Webhook,
} from '../../constructs/index.ts';
import { synthManifests } from '../../constructs/testing.ts';
import { loadSource } from '../../engine/config/load-source.ts';
import { aDeploymentFile } from '../support/manifests.ts';

function props(differing: Partial<CanaryProps> = {}): CanaryProps {
  return {
    target: Target.named('reviews'),
    service: { port: 9080 },
    strategy: Strategy.canary({ stepWeight: 10 }),
    threshold: 5,
    ...differing,
  };
}

function synthCanary(differing: Partial<CanaryProps> = {}) {
  const [manifest] = synthManifests((chart) => new Canary(chart, 'canary', props(differing)));
  return manifest;
}

describe('Canary', () => {
  it('has the Canary object as its default child', () => {
    const canary = new Canary(new Chart(new App(), 'test'), 'canary', props());
    expect(canary.node.defaultChild).toBe(canary.apiObject);
    expect(canary.apiObject.kind).toBe('Canary');
  });

  it('emits the smallest object that Flagger accepts when only the required is given', () => {
    expect(synthCanary()).toEqual({
      apiVersion: 'flagger.app/v1beta1',
      kind: 'Canary',
      metadata: { name: 'reviews' },
      spec: {
        targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'reviews' },
        service: { port: 9080 },
        analysis: { interval: '1m', threshold: 5, stepWeight: 10 },
      },
    });
  });

  it('emits every option under the name that Flagger has for it', () => {
    const manifest = synthCanary({
      metadata: { name: 'front', labels: { team: 'a' } },
      provider: 'istio',
      service: {
        name: 'shop',
        port: 80,
        targetPort: 'web',
        portName: 'http-web',
        gateways: ['mesh', 'ingress/public'],
        hosts: ['shop.example.com'],
      },
      strategy: Strategy.canary({ stepWeights: [1, 50], stepWeightPromotion: 25 }),
      interval: Duration.seconds(90),
      progressDeadline: Duration.minutes(2),
      metricsServer: 'http://prometheus.shop:9090/prom',
      primaryReadyThreshold: 80,
      canaryReadyThreshold: 0,
      metrics: [MetricCheck.successRate({ min: 99.5 })],
      webhooks: [Webhook.rollout({ name: 'smoke', url: 'https://checks.test/smoke' })],
    });
    expect(manifest?.metadata).toEqual({ name: 'front', labels: { team: 'a' } });
    expect(manifest?.['spec']).toEqual({
      provider: 'istio',
      metricsServer: 'http://prometheus.shop:9090/prom',
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'reviews' },
      progressDeadlineSeconds: 120,
      service: {
        name: 'shop',
        port: 80,
        targetPort: 'web',
        portName: 'http-web',
        gateways: ['mesh', 'ingress/public'],
        hosts: ['shop.example.com'],
      },
      analysis: {
        interval: '90s',
        threshold: 5,
        stepWeights: [1, 50],
        stepWeightPromotion: 25,
        primaryReadyThreshold: 80,
        canaryReadyThreshold: 0,
        metrics: [{ name: 'request-success-rate', thresholdRange: { min: 99.5 }, interval: '1m' }],
        webhooks: [{ name: 'smoke', url: 'https://checks.test/smoke' }],
      },
    });
  });

  it('takes metrics and webhooks after it was made, behind those it was made with', () => {
    const [manifest] = synthManifests((chart) => {
      const canary = new Canary(
        chart,
        'canary',
        props({ metrics: [MetricCheck.successRate({ min: 99 })] }),
      );
      canary.addMetric(MetricCheck.duration({ max: Duration.seconds(1) }));
      canary.addWebhook(Webhook.rollout({ name: 'smoke', url: 'https://checks.test' }));
    });
    expect(manifest?.['spec']).toMatchObject({
      analysis: {
        metrics: [{ name: 'request-success-rate' }, { name: 'request-duration' }],
        webhooks: [{ name: 'smoke' }],
      },
    });
  });

  it('is read by the engine as what was written', () => {
    const manifests = synthManifests((chart) => {
      new Canary(
        chart,
        'canary',
        props({
          strategy: Strategy.canary({ stepWeight: 20, maxWeight: 60 }),
          metrics: [MetricCheck.duration({ max: Duration.millis(500) })],
        }),
      );
    });
    const text = [...manifests.map(manifestYaml), aDeploymentFile()].join('---\n');
    const source = loadSource([{ path: 'reviews.yaml', text }], { established: new Set() });
    expect(source.problems).toEqual([]);
    expect(source.canaries[0]?.spec).toMatchObject({
      service: { name: 'reviews', targetPort: 9080, hosts: ['reviews'] },
      analysis: {
        strategy: { kind: 'canary', stepWeights: [20, 40, 60] },
        metrics: [{ name: 'request-duration', intervalMs: 60_000, range: { max: 500 } }],
      },
    });
  });

  it('names its apex after the service, or else after the target', () => {
    const chart = new Chart(new App(), 'test');
    expect(new Canary(chart, 'a', props()).apexName).toBe('reviews');
    const named = new Canary(chart, 'b', props({ service: { name: 'shop', port: 80 } }));
    expect(named.apexName).toBe('shop');
    expect(named.name).toBe('reviews');
  });

  it.each([
    [{ threshold: 0 }, /^threshold is 0, but .* from 1 /],
    [{ threshold: 2.5 }, /^threshold is 2\.5, /],
    [{ interval: Duration.seconds(5) }, /^interval is "5 seconds", .* at least 10: /],
    [{ interval: Duration.millis(10_500) }, /^interval is "10\.5 seconds", .* whole seconds/],
    [{ progressDeadline: Duration.seconds(0) }, /^progressDeadline is "0 seconds", /],
    [{ metricsServer: 'prometheus:9090' }, /^metricsServer is "prometheus:9090", .* whole http/],
    [{ primaryReadyThreshold: 101 }, /^primaryReadyThreshold is 101, .* from 0 to 100/],
    [{ canaryReadyThreshold: -1 }, /^canaryReadyThreshold is -1, .* from 0 to 100/],
    [{ service: { port: 0 } }, /^service\.port is 0, .* from 1 to 65535/],
    [{ service: { port: 80, targetPort: 65_536 } }, /^service\.targetPort is 65536, /],
    [{ service: { port: 80, targetPort: 'Web' } }, /^service\.targetPort is "Web", /],
    [{ service: { port: 80, targetPort: '80' } }, /^service\.targetPort is "80", /],
    [{ service: { port: 80, portName: '' } }, /^service\.portName is "", /],
    [{ service: { port: 80, name: '9lives' } }, /^service\.name is "9lives", /],
    [{ service: { port: 80, name: 'a'.repeat(56) } }, /^service\.name is "a+", .* at most 55/],
    [{ service: { port: 80, hosts: ['a', ' '] } }, /^service\.hosts\[1\] is " ", /],
    [
      { service: { port: 80, gatewayRefs: [{ name: '' }] } },
      /^service\.gatewayRefs\[0\]\.name is "", /,
    ],
    [
      { service: { port: 80, gatewayRefs: [{ name: 'a', port: 0 }] } },
      /^service\.gatewayRefs\[0\]\.port is 0, /,
    ],
    [{ service: { port: 80, gateways: [''] } }, /^service\.gateways\[0\] is "", /],
  ] satisfies [Partial<CanaryProps>, RegExp][])(
    'refuses %o at once, naming property and value',
    (differing, message) => {
      const chart = new Chart(new App(), 'test');
      expect(() => new Canary(chart, 'canary', props(differing))).toThrow(PropertyError);
      expect(() => new Canary(chart, 'other', props(differing))).toThrow(message);
    },
  );

  it('accepts the longest service name that leaves room for its twins', () => {
    const name = `a${'-'.repeat(53)}z`;
    expect(synthCanary({ service: { port: 80, name } })?.['spec']).toMatchObject({
      service: { name },
    });
  });
});
