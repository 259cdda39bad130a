import { App, Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { DestinationRule, VirtualService } from '../imports/networking.istio.io.ts';
import type { CanarySpec, TrafficState } from './canary-spec.ts';
import type { Manifest } from './manifest.ts';
import { PropertyError, requireWhole } from './property-error.ts';
import { primaryValue, type SelectorLabel } from './selector-label.ts';

export interface TracksProps {
  readonly spec: CanarySpec;
  /** The label by which the Services tell the tracks' pods apart. */
  readonly selectorLabel: SelectorLabel;
}

export interface TrafficProps extends TracksProps {
  /** What the routes are to say; the weights must sum to 100. */
  readonly state: TrafficState;
}

/**
 * Where each track can be reached: the Services `A-primary` and `A-canary` with their
 * DestinationRules. They move no request; a route that leads to them must find their endpoints, so
 * they go before it.
 */
export class Tracks extends Construct {
  constructor(scope: Construct, id: string, { spec, selectorLabel }: TracksProps) {
    super(scope, id);
    const { name } = spec.service;
    const { key, value } = selectorLabel;
    const primary = { [key]: primaryValue(selectorLabel) };
    addService(this, { spec, selectorLabel }, `${name}-primary`, primary);
    addService(this, { spec, selectorLabel }, `${name}-canary`, { [key]: value });
    for (const host of [`${name}-primary`, `${name}-canary`]) {
      new DestinationRule(this, `destination-rule-${host}`, {
        metadata: { name: host, namespace: spec.namespace },
        spec: { host },
      });
    }
  }
}

/**
 * Everything that decides where requests go: the Services `A`, `A-primary` and `A-canary`, their
 * DestinationRules, and the VirtualService `A` that splits between the two tracks.
 *
 * Both destinations are always listed: Istio gives a lone destination all traffic, whatever its
 * weight says.
 */
export class Traffic extends Construct {
  /** @throws PropertyError for weights that are not whole shares of 100. */
  constructor(scope: Construct, id: string, props: TrafficProps) {
    super(scope, id);
    requireShares(props.state.weights);
    const { spec, selectorLabel } = props;
    const onPrimary = { [selectorLabel.key]: primaryValue(selectorLabel) };
    addService(this, props, spec.service.name, onPrimary);
    new Tracks(this, 'tracks', props);
    this.#addVirtualService(props);
  }

  #addVirtualService({ spec, state: { weights } }: TrafficProps): void {
    const { name, gateways, hosts } = spec.service;
    new VirtualService(this, 'Resource', {
      metadata: { name, namespace: spec.namespace },
      spec: {
        gateways: [...gateways],
        hosts: [...hosts],
        http: [
          {
            route: [
              { destination: { host: `${name}-primary` }, weight: weights.primary },
              { destination: { host: `${name}-canary` }, weight: weights.canary },
            ],
          },
        ],
      },
    });
  }
}

/**
 * With the defaults that the API server fills into lists: a port without its `protocol` differs
 * from the live one under server-side apply, where the protocol is part of the port's key.
 */
function addService(
  scope: Construct,
  { spec, selectorLabel }: TracksProps,
  name: string,
  selector: Record<string, string>,
): void {
  const { port, portName, targetPort } = spec.service;
  new k8s.KubeService(scope, `service-${name}`, {
    metadata: { name, namespace: spec.namespace, labels: { [selectorLabel.key]: name } },
    spec: {
      type: 'ClusterIP',
      selector,
      ports: [{ name: portName, port, protocol: 'TCP', targetPort: intOrString(targetPort) }],
    },
  });
}

function requireShares({ primary, canary }: TrafficState['weights']): void {
  requireWhole('weights.primary', primary, { min: 0, max: 100 });
  requireWhole('weights.canary', canary, { min: 0, max: 100 });
  if (primary + canary === 100) return;
  const rule = 'the two weights must sum to 100';
  throw new PropertyError('weights', `${primary}/${canary}`, rule, 'give one 100 minus the other');
}

function intOrString(value: number | string): k8s.IntOrString {
  return typeof value === 'number'
    ? k8s.IntOrString.fromNumber(value)
    : k8s.IntOrString.fromString(value);
}

/** The same constructs, synthesized in process: what the engine commits. */
export function renderTraffic(props: TrafficProps): readonly Manifest[] {
  return synthesized((chart) => new Traffic(chart, 'traffic', props));
}

export function renderTracks(props: TracksProps): readonly Manifest[] {
  return synthesized((chart) => new Tracks(chart, 'tracks', props));
}

function synthesized(add: (chart: Chart) => Construct): readonly Manifest[] {
  const chart = new Chart(new App(), 'traffic');
  add(chart);
  return chart.toJson() as readonly Manifest[];
}
