import { App, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import type { CanarySpec, RoutingProvider, TrafficState } from '../canary-spec.ts';
import type { Manifest } from '../manifest.ts';
import { PropertyError, requireWhole } from '../property-error.ts';
import { GATEWAY_API } from './gateway-api.ts';
import { ISTIO } from './istio.ts';
import { KUBERNETES } from './kubernetes.ts';
import type { Limit, Routed } from './limits.ts';
import type { GeneratedObject, RouteProps, TrafficProvider } from './provider.ts';
import { addService, type TracksProps } from './services.ts';

/** Every routing provider, by its id in `spec.provider`. */
const PROVIDERS: Readonly<Record<RoutingProvider, TrafficProvider>> = {
  istio: ISTIO,
  'gatewayapi:v1': GATEWAY_API,
  kubernetes: KUBERNETES,
};

export const ROUTING_PROVIDERS = Object.keys(PROVIDERS) as readonly RoutingProvider[];

function providerOf(id: RoutingProvider): TrafficProvider {
  if (Object.hasOwn(PROVIDERS, id)) return PROVIDERS[id];
  const remedy = `use one of: ${ROUTING_PROVIDERS.join(', ')}`;
  throw new PropertyError('provider', id, 'no routing provider has this name', remedy);
}

/**
 * Where each track can be reached: the Services `A-primary` and `A-canary`, with what their
 * provider needs beside them. They move no request; a route that leads to them must find their
 * endpoints, so they go before it.
 */
export class Tracks extends Construct {
  /** @throws PropertyError for a provider that nobody knows. */
  constructor(scope: Construct, id: string, props: TracksProps) {
    super(scope, id);
    addService(this, props, 'primary');
    addService(this, props, 'canary');
    providerOf(props.spec.provider).addTracks(this, props);
  }
}

/**
 * Everything that decides where requests go: the Services `A`, `A-primary` and `A-canary`, and the
 * objects of the routing provider that split between the two tracks.
 */
export class Traffic extends Construct {
  /**
   * @throws PropertyError for weights that are not whole shares of 100, and for what the provider
   * cannot say.
   */
  constructor(scope: Construct, id: string, props: RouteProps) {
    super(scope, id);
    requireShares(props.state.weights);
    const provider = providerOf(props.spec.provider);
    requireExpressible(provider, props.spec);
    addService(this, props, 'apex');
    new Tracks(this, 'tracks', props);
    provider.addRoute(this, props);
  }
}

function requireExpressible(provider: TrafficProvider, spec: CanarySpec): void {
  for (const { field, why, remedy } of provider.limits(spec)) {
    throw new PropertyError('provider', spec.provider, `${field.join('.')} ${why}`, remedy);
  }
}

function requireShares({ primary, canary }: TrafficState['weights']): void {
  requireWhole('weights.primary', primary, { min: 0, max: 100 });
  requireWhole('weights.canary', canary, { min: 0, max: 100 });
  if (primary + canary === 100) return;
  const rule = 'the two weights must sum to 100';
  throw new PropertyError('weights', `${primary}/${canary}`, rule, 'give one 100 minus the other');
}

/** Every object that is generated for a service: nobody else may write one of them. */
export function generatedObjects({
  provider,
  service,
  target,
}: Pick<CanarySpec, 'provider' | 'service' | 'target'>): readonly GeneratedObject[] {
  const { name } = service;
  const tracks = [`${name}-primary`, `${name}-canary`];
  const services = target.kind === 'Service' ? tracks : [name, ...tracks];
  return [
    ...services.map((each) => ({ kind: 'Service', name: each })),
    ...providerOf(provider).objects(service),
  ];
}

/** What is asked of the routes and their provider cannot do. */
export function routeLimits(provider: RoutingProvider, routed: Routed): readonly Limit[] {
  return providerOf(provider).limits(routed);
}

/** The same constructs, synthesized in process: what the engine commits. */
export function renderTraffic(props: RouteProps): readonly Manifest[] {
  return synthesized((chart) => void new Traffic(chart, 'traffic', props));
}

export function renderTracks(props: TracksProps): readonly Manifest[] {
  return synthesized((chart) => void new Tracks(chart, 'tracks', props));
}

/** The routing object alone; nothing where Services decide. */
export function renderRoute(props: RouteProps): readonly Manifest[] {
  return synthesized((chart) => {
    requireShares(props.state.weights);
    if (props.spec.provider !== 'kubernetes')
      providerOf(props.spec.provider).addRoute(chart, props);
  });
}

/** The public Service, leading to the pods of one track. */
export function renderApex(props: TracksProps, track: 'primary' | 'canary'): readonly Manifest[] {
  return synthesized((chart) => {
    addService(chart, props, 'apex', track);
  });
}

function synthesized(add: (chart: Chart) => void): readonly Manifest[] {
  const chart = new Chart(new App(), 'traffic');
  add(chart);
  return chart.toJson() as readonly Manifest[];
}
