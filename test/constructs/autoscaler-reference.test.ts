import { describe, expect, it } from 'vitest';
import { Autoscaler, Canary, Strategy, Target } from '../../constructs/index.ts';
import { synthManifests } from '../../constructs/testing.ts';

function referenceOf(autoscaler: Autoscaler): unknown {
  const [canary] = synthManifests((chart) => {
    new Canary(chart, 'canary', {
      target: Target.named('reviews'),
      autoscaler,
      service: { port: 9080 },
      strategy: Strategy.canary({ stepWeight: 10 }),
      threshold: 5,
    });
  });
  return (canary?.['spec'] as { autoscalerRef?: unknown } | undefined)?.autoscalerRef;
}

describe('Autoscaler', () => {
  it('names a HorizontalPodAutoscaler, with the bounds of the primary', () => {
    const bounds = { primaryMinReplicas: 2, primaryMaxReplicas: 8 };
    expect(referenceOf(Autoscaler.horizontal('reviews', bounds))).toEqual({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      name: 'reviews',
      primaryScalerReplicas: { minReplicas: 2, maxReplicas: 8 },
    });
  });

  it('names a ScaledObject, with the queries of the primary', () => {
    const primaryQueries = { load: 'up{app="reviews-primary"}' };
    expect(referenceOf(Autoscaler.scaledObject('reviews', { primaryQueries }))).toEqual({
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      name: 'reviews',
      primaryScalerQueries: primaryQueries,
    });
  });

  it.each([
    ['a count that is none', { primaryMinReplicas: 0 }, 'primaryMinReplicas is 0'],
    ['a fraction', { primaryMaxReplicas: 1.5 }, 'primaryMaxReplicas is 1.5'],
    [
      'a minimum above the maximum',
      { primaryMinReplicas: 3, primaryMaxReplicas: 2 },
      'primaryMinReplicas is 3',
    ],
  ])('refuses %s', (_, options, message) => {
    expect(() => Autoscaler.horizontal('reviews', options)).toThrow(message);
  });

  it('refuses a name that leaves no room for -primary', () => {
    expect(() => Autoscaler.horizontal('x'.repeat(56))).toThrow(/^autoscaler is /);
  });
});
