import { App, Chart } from 'cdk8s';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manifestYaml, PropertyError, renderTraffic, Traffic } from '../../../constructs/index.ts';
import { generatedObjects } from '../../../constructs/traffic/traffic.ts';
import { aSpec } from '../../support/builders.ts';
import { routedSpec } from './routed-spec.ts';

const BLUE_GREEN = { kind: 'blue-green', iterations: 1 } as const;
const selectorLabel = { key: 'app', value: 'reviews' };

interface Route {
  readonly destination: { readonly host: string };
  readonly weight: number;
}

/** The routes of the VirtualService, found as an agent that reads the file would find them. */
function routesOf(manifests: ReturnType<typeof renderTraffic>): readonly Route[] {
  const services = manifests.filter(({ kind }) => kind === 'VirtualService');
  const spec = services[0]?.['spec'] as { readonly http: readonly { readonly route: Route[] }[] };
  expect(services).toHaveLength(1);
  expect(spec.http).toHaveLength(1);
  return spec.http[0]?.route ?? [];
}

describe('Traffic', () => {
  it('has the VirtualService as its default child', () => {
    const weights = { primary: 100, canary: 0 };
    const traffic = new Traffic(new Chart(new App(), 'test'), 'traffic', {
      spec: aSpec(),
      state: { weights, mirrored: false },
      selectorLabel,
    });
    expect(traffic.node.defaultChild).toMatchObject({ kind: 'VirtualService', name: 'reviews' });
  });

  it('always lists both destinations, primary first, with weights that sum to 100', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), (canary) => {
        const state = { weights: { primary: 100 - canary, canary }, mirrored: false };
        const routes = routesOf(renderTraffic({ spec: aSpec(), state, selectorLabel }));
        expect(routes).toEqual([
          { destination: { host: 'reviews-primary' }, weight: 100 - canary },
          { destination: { host: 'reviews-canary' }, weight: canary },
        ]);
      }),
    );
  });

  it('changes nothing but the two weights from step to step', () => {
    const at = (canary: number) => {
      const state = { weights: { primary: 100 - canary, canary }, mirrored: false };
      return renderTraffic({ spec: aSpec(), state, selectorLabel })
        .map(manifestYaml)
        .join('---\n')
        .replaceAll(/weight: \d+/g, 'weight: n');
    };
    expect(at(50)).toBe(at(0));
  });

  it('gives the same bytes for the same input', () => {
    const state = { weights: { primary: 70, canary: 30 }, mirrored: false };
    const input = { spec: aSpec(), state, selectorLabel };
    expect(renderTraffic(input).map(manifestYaml)).toEqual(renderTraffic(input).map(manifestYaml));
  });

  it.each([
    ['istio', routedSpec('istio')],
    ['HTTPRoute', routedSpec('gatewayapi:v1')],
    ['GRPCRoute', routedSpec('gatewayapi:v1', { portName: 'grpc' })],
    ['kubernetes', routedSpec('kubernetes', {}, { strategy: BLUE_GREEN })],
  ])('gives those objects that it claims for itself: %s', (_, spec) => {
    const state = { weights: { primary: 100, canary: 0 }, mirrored: false };
    const rendered = renderTraffic({ spec, state, selectorLabel });
    const named = rendered.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    const claimed = generatedObjects(spec).map(({ kind, name }) => `${kind} ${name}`);
    expect(named).toEqual(claimed);
    expect(new Set(named).size).toBe(named.length);
  });

  it.each([
    [{ primary: 90, canary: 20 }, /^weights is "90\/20", .* sum to 100/],
    [{ primary: 150, canary: -50 }, /^weights\.primary is 150, .* from 0 to 100/],
    [{ primary: 99.5, canary: 0.5 }, /^weights\.primary is 99\.5, .* whole/],
    [{ primary: 100, canary: Number.NaN }, /^weights\.canary is NaN, /],
  ])('refuses the weights %j', (weights, message) => {
    const render = () =>
      renderTraffic({ spec: aSpec(), state: { weights, mirrored: false }, selectorLabel });
    expect(render).toThrow(PropertyError);
    expect(render).toThrow(message);
  });
});
