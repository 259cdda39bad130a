import { describe, expect, it } from 'vitest';
import type { CanarySpec } from '../../../constructs/canary-spec.ts';
import { renderPlain, renderRouteToTarget } from '../../../constructs/traffic/plain.ts';
import { hasSchema, schemaErrors } from '../../support/crd-schema.ts';
import { aSpec } from '../../support/builders.ts';
import { routedSpec } from './routed-spec.ts';

const selectorLabel = { key: 'app', value: 'reviews' };

function plain(spec: CanarySpec) {
  const manifests = renderPlain({ spec, selectorLabel });
  expect(manifests.filter(hasSchema).flatMap(schemaErrors)).toEqual([]);
  return manifests;
}

function serviceOf(differing: Partial<CanarySpec['service']>): CanarySpec {
  return aSpec({}, { service: { ...aSpec().service, ...differing } });
}

describe('what a service is without its canary', () => {
  it('a Service that leads to the target, where the route did nothing but split', () => {
    expect(plain(aSpec())).toMatchObject([
      { kind: 'Service', metadata: { name: 'reviews' }, spec: { selector: { app: 'reviews' } } },
    ]);
  });

  it.each([
    ['gateways', { gateways: ['istio-system/public'], hosts: ['shop.example', 'reviews'] }],
    ['another host', { hosts: ['reviews', 'old-reviews'] }],
    ['a timeout', { timeoutMs: 1_000 }],
    ['a match and a rewrite', { match: [{ uri: { prefix: '/v1' } }], rewrite: { uri: '/' } }],
    ['delegation', { delegation: true }],
  ])('keeps a VirtualService with %s, which leads to that Service', (_, differing) => {
    const [service, route, ...others] = plain(serviceOf(differing));
    expect([service?.kind, route?.kind, others]).toEqual(['Service', 'VirtualService', []]);
    const spec = route?.['spec'] as { http: readonly { route: unknown }[] } | undefined;
    expect(spec?.http.map((rule) => rule.route)).toEqual([[{ destination: { host: 'reviews' } }]]);
  });

  it('keeps a traffic policy for the public Service', () => {
    const trafficPolicy = { tls: { mode: 'ISTIO_MUTUAL' } };
    const rule = plain(serviceOf({ trafficPolicy })).find(({ kind }) => kind === 'DestinationRule');
    expect(rule).toMatchObject({
      metadata: { name: 'reviews' },
      spec: { host: 'reviews', trafficPolicy },
    });
  });

  it('keeps an HTTPRoute of a gateway, and none that only a mesh reads', () => {
    const gateway = { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'public' };
    const of = (kind: string) =>
      plain(
        routedSpec('gatewayapi:v1', {
          gatewayRefs: [{ ...gateway, kind }],
          hosts: ['shop.example'],
        }),
      );
    const [, route] = of('Gateway');
    const backendRefs = [{ kind: 'Service', name: 'reviews', weight: 1 }];
    expect(route).toMatchObject({ kind: 'HTTPRoute', spec: { rules: [{ backendRefs }] } });
    expect(of('Service').map(({ kind }) => kind)).toEqual(['Service']);
  });

  it('has no route with Services alone', () => {
    expect(plain({ ...aSpec(), provider: 'kubernetes' }).map(({ kind }) => kind)).toEqual([
      'Service',
    ]);
  });
});

it('all requests are led to the target, whatever the analysis singles out or keeps to a track', () => {
  const match = [
    { headers: { 'x-user': { exact: 'insider' } }, queryParams: {}, sourceLabels: {} },
  ];
  const strategy = { kind: 'ab-testing', iterations: 3, match } as const;
  const [route] = renderRouteToTarget({ spec: aSpec({ strategy }), selectorLabel });
  expect(route?.['spec']).toMatchObject({
    http: [
      {
        route: [
          { destination: { host: 'reviews-primary' }, weight: 0 },
          { destination: { host: 'reviews-canary' }, weight: 100 },
        ],
      },
    ],
  });
});
