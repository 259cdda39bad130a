import { describe, expect, it } from 'vitest';
import type {
  AutoscalerManifest,
  DeploymentManifest,
  JsonObject,
} from '../../constructs/manifest.ts';
import {
  minReplicasOf,
  renderAutoscaler,
  renderPrimaryAutoscaler,
} from '../../constructs/workloads/autoscaler.ts';
import { primaryTriggers } from '../../constructs/workloads/scaler-queries.ts';
import { renderPrimary, renderTarget } from '../../constructs/workloads/workloads.ts';
import { aSpec } from '../support/builders.ts';

const PAUSED = 'autoscaling.keda.sh/paused-replicas';
const { target } = aSpec();

function anAutoscaler(
  kind: AutoscalerManifest['kind'],
  spec: JsonObject = {},
  metadata: Partial<AutoscalerManifest['metadata']> = {},
): AutoscalerManifest {
  const isKeda = kind === 'ScaledObject';
  return {
    apiVersion: isKeda ? 'keda.sh/v1alpha1' : 'autoscaling/v2',
    kind,
    metadata: { name: 'scaler', namespace: 'default', ...metadata },
    spec: { scaleTargetRef: { name: 'reviews', kind: 'Deployment' }, ...spec },
  };
}

const ofPrimary = (
  autoscaler: AutoscalerManifest,
  primary: NonNullable<ReturnType<typeof aSpec>['autoscaler']>['primary'] = {},
) => renderPrimaryAutoscaler({ target, autoscaler: { primary } }, autoscaler);

describe('a workload with an autoscaler', () => {
  const labels = { app: 'reviews' };
  const deployment: DeploymentManifest = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'reviews' },
    spec: { replicas: 3, selector: { matchLabels: labels }, template: { metadata: { labels } } },
  };
  const spec = aSpec();
  const selectorLabel = { key: 'app', value: 'reviews' };

  it('has no replicas in Git while it runs, and 0 while it rests', () => {
    const scaled = (scale: 'running' | 'idle') =>
      renderTarget({ spec, target: deployment, scale, replicas: 'autoscaled' }).spec;
    expect(scaled('running')).not.toHaveProperty('replicas');
    expect(scaled('idle')).toMatchObject({ replicas: 0 });
  });

  it('has a primary without replicas in Git', () => {
    const primary = renderPrimary({
      spec,
      target: deployment,
      selectorLabel,
      replicas: 'autoscaled',
    });
    expect(primary.spec).not.toHaveProperty('replicas');
  });
});

describe('a HorizontalPodAutoscaler', () => {
  const written = anAutoscaler(
    'HorizontalPodAutoscaler',
    { minReplicas: 2, maxReplicas: 4, metrics: [{ type: 'Resource' }], behavior: { scaleUp: {} } },
    { labels: { team: 'a' }, annotations: { note: 'x' } },
  );

  it('stays as it is written, whatever the target does: it leaves one without replicas alone', () => {
    expect(renderAutoscaler(written, 'idle')).toEqual(written);
    expect(renderAutoscaler(written, 'running')).toEqual(written);
  });

  it('is copied for the primary', () => {
    expect(ofPrimary(written)).toEqual({
      ...written,
      metadata: { name: 'scaler-primary', namespace: 'default', labels: { team: 'a' } },
      spec: { ...written.spec, scaleTargetRef: { name: 'reviews-primary', kind: 'Deployment' } },
    });
  });

  it('is copied with the bounds that the Canary gives the primary', () => {
    const bounds = { minReplicas: 3, maxReplicas: 9 };
    expect(ofPrimary(written, bounds).spec).toMatchObject(bounds);
    expect(minReplicasOf(ofPrimary(written, bounds))).toBe(3);
  });

  it('gives one replica at least', () => {
    const none = anAutoscaler('HorizontalPodAutoscaler', { minReplicas: 0, maxReplicas: 4 });
    expect(renderAutoscaler(none, 'running').spec['minReplicas']).toBe(1);
    expect(ofPrimary(none).spec['minReplicas']).toBe(1);
    expect(minReplicasOf(anAutoscaler('HorizontalPodAutoscaler'))).toBe(1);
  });
});

describe('a ScaledObject', () => {
  const written = anAutoscaler(
    'ScaledObject',
    {
      idleReplicaCount: 0,
      minReplicaCount: 2,
      maxReplicaCount: 8,
      pollingInterval: 10,
      advanced: {
        restoreToOriginalReplicaCount: true,
        horizontalPodAutoscalerConfig: { name: 'reviews', behavior: {} },
      },
      triggers: [{ type: 'cron', metadata: { desiredReplicas: '2' } }],
    },
    { annotations: { 'scaledobject.keda.sh/transfer-hpa-ownership': 'true' } },
  );

  it('is paused while the target rests, and not while it runs', () => {
    const paused = renderAutoscaler(written, 'idle');
    expect(paused.metadata.annotations).toEqual({ ...written.metadata.annotations, [PAUSED]: '0' });
    expect(renderAutoscaler(paused, 'running').metadata).toEqual(written.metadata);
  });

  it('that people paused at a number of their own stays so', () => {
    const own = anAutoscaler('ScaledObject', {}, { annotations: { [PAUSED]: '3' } });
    expect(renderAutoscaler(own, 'running').metadata.annotations).toEqual({ [PAUSED]: '3' });
  });

  it('keeps one pod behind a route, where KEDA would keep none', () => {
    const { spec } = renderAutoscaler(written, 'running');
    expect(spec).not.toHaveProperty('idleReplicaCount');
    const byDefault = anAutoscaler('ScaledObject', { maxReplicaCount: 3 });
    expect(renderAutoscaler(byDefault, 'running').spec['minReplicaCount']).toBe(1);
    expect(ofPrimary(byDefault).spec['minReplicaCount']).toBe(1);
  });

  it('is as it is written as long as its target has the traffic', () => {
    expect(renderAutoscaler(written, 'as-written')).toEqual(written);
  });

  it('is copied for the primary, never paused', () => {
    const copy = ofPrimary(renderAutoscaler(written, 'idle'), { maxReplicas: 20 });
    expect(copy).toEqual({
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: {
        name: 'scaler-primary',
        namespace: 'default',
        annotations: { 'scaledobject.keda.sh/transfer-hpa-ownership': 'true' },
      },
      spec: {
        scaleTargetRef: { name: 'reviews-primary', kind: 'Deployment' },
        minReplicaCount: 2,
        maxReplicaCount: 20,
        pollingInterval: 10,
        advanced: {
          restoreToOriginalReplicaCount: true,
          horizontalPodAutoscalerConfig: { name: 'reviews-primary', behavior: {} },
        },
        triggers: written.spec['triggers'],
      },
    });
  });
});

describe('the queries of a ScaledObject', () => {
  const rewritten = (query: string, queries?: Readonly<Record<string, string>>) => {
    const triggers = [{ name: 'load', metadata: { query, threshold: '5' } }];
    const [trigger] = primaryTriggers(triggers, { target: 'app', queries }) as readonly {
      readonly metadata: { readonly query: string };
    }[];
    return trigger?.metadata.query;
  };

  it.each([
    ['rate(requests{app="app-canary"}[1m])', 'rate(requests{app="app-primary"}[1m])'],
    ['rate(requests{app="app"}[1m])', 'rate(requests{app="app-primary"}[1m])'],
    ['sum(up{pod=~"app-[0-9a-z]+-.*"})', 'sum(up{pod=~"app-primary-[0-9a-z]+-.*"})'],
    ['rate(requests{service="app-primary"}[1m])', 'rate(requests{service="app-primary"}[1m])'],
    ['sum(application_errors{app!~"my-app|apps"})', 'sum(application_errors{app!~"my-app|apps"})'],
    ['sum(up{host="http://app.shop:80"})', 'sum(up{host="http://app-primary.shop:80"})'],
  ])('ask about the primary: %s', (written, expected) => {
    expect(rewritten(written)).toBe(expected);
  });

  it('are taken from the Canary where it gives them, and then none is rewritten', () => {
    expect(rewritten('up{app="app"}', { load: 'up{app="other"}' })).toBe('up{app="other"}');
    expect(rewritten('up{app="app"}', { other: 'up' })).toBe('up{app="app"}');
  });

  it.each([[[{ type: 'cron' }]], [[{ type: 'kafka', metadata: { topic: 'app' } }]], ['none']])(
    'are all that is changed of a trigger: %j',
    (triggers) => {
      expect(primaryTriggers(triggers, { target: 'app', queries: undefined })).toEqual(triggers);
    },
  );
});
