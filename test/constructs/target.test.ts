import { App, Chart } from 'cdk8s';
import { Deployment, k8s, LabelSelector } from 'cdk8s-plus-28';
import { describe, expect, it } from 'vitest';
import { Canary, PropertyError, Strategy, Target } from '../../constructs/index.ts';
import { synthManifests } from '../../constructs/testing.ts';

function aDeployment(chart: Chart, labels: Record<string, string>, namespace?: string) {
  return new k8s.KubeDeployment(chart, 'deployment', {
    metadata: { name: 'reviews', ...(namespace === undefined ? {} : { namespace }) },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'reviews' }] } },
    },
  });
}

function addCanary(chart: Chart, target: Target): Canary {
  return new Canary(chart, 'canary', {
    target,
    service: { port: 9080 },
    strategy: Strategy.canary({ stepWeight: 10 }),
    threshold: 5,
  });
}

describe('Target', () => {
  it('carries the name of the Deployment into the Canary', () => {
    const [, canary] = synthManifests((chart) =>
      addCanary(chart, Target.deployment(aDeployment(chart, { app: 'reviews' }))),
    );
    expect(canary?.['spec']).toMatchObject({ targetRef: { kind: 'Deployment', name: 'reviews' } });
  });

  it('takes a Deployment of cdk8s-plus that selects its pods by a known label', () => {
    const manifests = synthManifests((chart) => {
      const deployment = new Deployment(chart, 'deployment', {
        metadata: { name: 'reviews' },
        containers: [{ image: 'registry.example/reviews:v1' }],
        podMetadata: { labels: { app: 'reviews' } },
        select: false,
      });
      deployment.select(LabelSelector.of({ labels: { app: 'reviews' } }));
      addCanary(chart, Target.deployment(deployment));
    });
    expect(manifests.map(({ kind }) => kind)).toEqual(['Deployment', 'Canary']);
  });

  it('is refused at synth when cdk8s-plus selects the pods by a label of its own', () => {
    const synth = () =>
      synthManifests((chart) => {
        const deployment = new Deployment(chart, 'deployment', {
          metadata: { name: 'reviews' },
          containers: [{ image: 'registry.example/reviews:v1' }],
        });
        addCanary(chart, Target.deployment(deployment));
      });
    expect(synth).toThrow(/reviews with the selector labels .*cdk8s\.io.*select .* label app/);
  });

  it('is refused at synth when it stands in another chart', () => {
    const app = new App();
    const target = Target.deployment(aDeployment(new Chart(app, 'one'), { app: 'reviews' }));
    const other = new Chart(app, 'two');
    addCanary(other, target);
    expect(() => other.toJson()).toThrow(/Deployment reviews of another chart: .*Target\.named/);
  });

  it('is refused at synth when it stands in another namespace', () => {
    const synth = () =>
      synthManifests(
        (chart) =>
          addCanary(chart, Target.deployment(aDeployment(chart, { app: 'reviews' }, 'blue'))),
        { namespace: 'green' },
      );
    expect(synth).toThrow(/in namespace blue, but its Canary is in green/);
  });

  it('is not looked for when only its name is given', () => {
    expect(synthManifests((chart) => addCanary(chart, Target.named('reviews')))).toHaveLength(1);
  });

  it('can be a DaemonSet, or a Service, which needs no label', () => {
    const chart = new Chart(new App(), 'test');
    const labels = { app: 'agent' };
    const agent = new k8s.KubeDaemonSet(chart, 'daemons', {
      metadata: { name: 'agent' },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels } } },
    });
    addCanary(chart, Target.daemonSet(agent));
    const [, canary] = chart.toJson() as readonly { spec?: unknown }[];
    const targetRef = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'agent' };
    expect(canary?.spec).toMatchObject({ targetRef });
    const [, led] = synthManifests((other) => {
      const service = new k8s.KubeService(other, 'service', { metadata: { name: 'front' } });
      addCanary(other, Target.service(service));
    });
    expect(led?.['spec']).toMatchObject({
      targetRef: { apiVersion: 'v1', kind: 'Service', name: 'front' },
    });
  });

  it('that is only named can be of any of the kinds', () => {
    const [canary] = synthManifests((chart) => addCanary(chart, Target.named('a', 'DaemonSet')));
    expect(canary?.['spec']).toMatchObject({ targetRef: { kind: 'DaemonSet' } });
  });

  it('must be of the kind that is said', () => {
    const daemons = new k8s.KubeDaemonSet(new Chart(new App(), 'test'), 'daemons', {});
    expect(() => Target.deployment(daemons)).toThrow(PropertyError);
    expect(() => Target.deployment(daemons)).toThrow(/^target is "DaemonSet of apps\/v1", /);
    expect(() => Target.service(daemons)).toThrow(/only a Service of v1 is one/);
  });

  it.each(['', 'Reviews', 'a'.repeat(56), '-a', 'a.b'])('refuses the name %j', (name) => {
    expect(() => Target.named(name)).toThrow(`target is ${JSON.stringify(name)}, `);
  });
});
