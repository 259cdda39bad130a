import { type ApiObject, type ApiObjectMetadata, Duration, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import {
  Canary as CanaryObject,
  type CanarySpec,
  CanarySpecProvider,
  type CanarySpecService,
  CanarySpecServiceTargetPort,
  CanarySpecTargetRefKind,
} from '../imports/flagger.app.ts';
import type { Alert } from './alert.ts';
import type { RoutingProvider } from './canary-spec.ts';
import { goDuration, requireSeconds } from './go-duration.ts';
import type { MetricCheck } from './metric-check.ts';
import {
  PropertyError,
  requireAddress,
  requireText,
  requireTrackName,
  requireWhole,
} from './property-error.ts';
import type { Strategy } from './strategy.ts';
import type { Target } from './target.ts';
import type { Webhook } from './webhook.ts';

export interface CanaryServiceProps {
  /**
   * The apex: the public Service. `<name>-primary` and `<name>-canary` stand behind it.
   *
   * @default - the target's name
   */
  readonly name?: string;

  /** The port of the Services: 1 to 65535. */
  readonly port: number;

  /**
   * The port of the containers, by number or by name.
   *
   * @default - the same as `port`
   */
  readonly targetPort?: number | string;

  /** @default 'http' */
  readonly portName?: string;

  /**
   * Istio gateways the route is bound to. A list without `mesh` leaves the mesh out.
   *
   * @default ['mesh']
   */
  readonly gateways?: readonly string[];

  /**
   * Istio hosts; the apex is added unless it, or `*`, is listed.
   *
   * @default - the apex
   */
  readonly hosts?: readonly string[];
}

export interface CanaryProps {
  /** @default - named after the target, in the chart's namespace */
  readonly metadata?: ApiObjectMetadata;

  /** The workload that is released. */
  readonly target: Target;

  /**
   * Who splits the traffic.
   *
   * @default - left to the engine, and `istio` is the one it knows
   */
  readonly provider?: RoutingProvider;

  /** How the workload is reached. */
  readonly service: CanaryServiceProps;

  /** How traffic moves to the canary. */
  readonly strategy: Strategy;

  /**
   * Time between two evaluations of a step, in whole seconds, at least 10.
   *
   * @default Duration.minutes(1)
   */
  readonly interval?: Duration;

  /** Failed checks that end the rollout, counted over the whole of it: at least 1. */
  readonly threshold: number;

  /** @default - none; see `addMetric` */
  readonly metrics?: readonly MetricCheck[];

  /**
   * The Prometheus that this canary's built-in metrics and queries are asked of.
   *
   * @default - the engine's
   */
  readonly metricsServer?: string;

  /** @default - none; see `addWebhook` */
  readonly webhooks?: readonly Webhook[];

  /** @default - none: the engine's own notifiers are told; see `addAlert` */
  readonly alerts?: readonly Alert[];

  /**
   * How long a workload may go without progress before it counts as failed, in whole seconds.
   *
   * @default Duration.minutes(10)
   */
  readonly progressDeadline?: Duration;

  /**
   * Share of the primary's updated replicas that must be available, in percent.
   *
   * @default 100
   */
  readonly primaryReadyThreshold?: number;

  /**
   * Share of the canary's updated replicas that must be available, in percent.
   *
   * @default 100
   */
  readonly canaryReadyThreshold?: number;
}

/** The shortest interval that Flagger keeps; it raises any other to this one without a word. */
const INTERVAL_MIN_SECONDS = 10;
const PERCENT = { min: 0, max: 100 };

const PROVIDERS: Readonly<Record<RoutingProvider, CanarySpecProvider>> = {
  istio: CanarySpecProvider.ISTIO,
  'gatewayapi:v1': CanarySpecProvider.GATEWAYAPI_V1,
  kubernetes: CanarySpecProvider.KUBERNETES,
};

/** A `flagger.app/v1beta1` Canary: what to release, how traffic moves, and what must hold. */
export class Canary extends Construct {
  /** The Canary object. */
  readonly apiObject: ApiObject;
  /** The public Service. */
  readonly apexName: string;

  readonly #props: CanaryProps;
  readonly #metrics: MetricCheck[];
  readonly #webhooks: Webhook[];
  readonly #alerts: Alert[];

  /** @throws PropertyError for a value that is wrong by itself. */
  constructor(scope: Construct, id: string, props: CanaryProps) {
    super(scope, id);
    requireRightNumbers(props);
    requireRightService(props.service);
    if (props.metricsServer !== undefined) requireAddress('metricsServer', props.metricsServer);
    this.#props = props;
    this.#metrics = [...(props.metrics ?? [])];
    this.#webhooks = [...(props.webhooks ?? [])];
    this.#alerts = [...(props.alerts ?? [])];
    this.apexName = props.service.name ?? props.target.name;
    this.apiObject = new CanaryObject(this, 'Resource', {
      metadata: { name: props.target.name, ...props.metadata },
      spec: Lazy.any({ produce: () => this._toKube() }) as CanarySpec,
    });
    this.node.addValidation({ validate: () => props.target._validate(this.apiObject) });
  }

  /** The name of the Canary object. */
  get name(): string {
    return this.apiObject.name;
  }

  addMetric(metric: MetricCheck): void {
    this.#metrics.push(metric);
  }

  addWebhook(webhook: Webhook): void {
    this.#webhooks.push(webhook);
  }

  addAlert(alert: Alert): void {
    this.#alerts.push(alert);
  }

  /** @internal */
  _toKube(): CanarySpec {
    const { provider, target, strategy, interval, threshold, progressDeadline } = this.#props;
    const { primaryReadyThreshold, canaryReadyThreshold, metricsServer } = this.#props;
    return {
      ...(provider === undefined ? {} : { provider: PROVIDERS[provider] }),
      ...(metricsServer === undefined ? {} : { metricsServer }),
      targetRef: {
        apiVersion: 'apps/v1',
        kind: CanarySpecTargetRefKind.DEPLOYMENT,
        name: target.name,
      },
      ...(progressDeadline === undefined
        ? {}
        : { progressDeadlineSeconds: progressDeadline.toSeconds() }),
      service: serviceToKube(this.#props.service),
      analysis: {
        interval: goDuration(interval ?? Duration.minutes(1)),
        threshold,
        ...strategy._toKube(),
        ...(primaryReadyThreshold === undefined ? {} : { primaryReadyThreshold }),
        ...(canaryReadyThreshold === undefined ? {} : { canaryReadyThreshold }),
        ...listed('metrics', this.#metrics),
        ...listed('webhooks', this.#webhooks),
        ...listed('alerts', this.#alerts),
      },
    };
  }
}

function listed<Key extends string, Kube>(
  key: Key,
  values: readonly { _toKube(): Kube }[],
): Partial<Record<Key, Kube[]>> {
  if (values.length === 0) return {};
  return { [key]: values.map((value) => value._toKube()) } as Record<Key, Kube[]>;
}

function serviceToKube(service: CanaryServiceProps): CanarySpecService {
  const { name, port, portName, targetPort, gateways, hosts } = service;
  return {
    ...(name === undefined ? {} : { name }),
    port,
    ...(portName === undefined ? {} : { portName }),
    ...(targetPort === undefined ? {} : { targetPort: intOrString(targetPort) }),
    ...(gateways === undefined ? {} : { gateways: [...gateways] }),
    ...(hosts === undefined ? {} : { hosts: [...hosts] }),
  };
}

function intOrString(port: number | string): CanarySpecServiceTargetPort {
  return typeof port === 'number'
    ? CanarySpecServiceTargetPort.fromNumber(port)
    : CanarySpecServiceTargetPort.fromString(port);
}

function requireRightNumbers(props: CanaryProps): void {
  const { interval, progressDeadline, primaryReadyThreshold, canaryReadyThreshold } = props;
  requireWhole('threshold', props.threshold, { min: 1, max: 1_000_000 });
  if (interval !== undefined) requireSeconds('interval', interval, INTERVAL_MIN_SECONDS);
  if (progressDeadline !== undefined) requireSeconds('progressDeadline', progressDeadline, 1);
  if (primaryReadyThreshold !== undefined) {
    requireWhole('primaryReadyThreshold', primaryReadyThreshold, PERCENT);
  }
  if (canaryReadyThreshold !== undefined) {
    requireWhole('canaryReadyThreshold', canaryReadyThreshold, PERCENT);
  }
}

const PORT = { min: 1, max: 65_535 };

/** @see https://www.rfc-editor.org/rfc/rfc6335#section-5.1 */
const PORT_NAME = /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/;

function requireRightService(service: CanaryServiceProps): void {
  const { name, port, portName, targetPort, gateways = [], hosts = [] } = service;
  if (name !== undefined) requireTrackName('service.name', name);
  requireWhole('service.port', port, PORT);
  if (portName !== undefined) requirePortName('service.portName', portName);
  if (typeof targetPort === 'number') requireWhole('service.targetPort', targetPort, PORT);
  if (typeof targetPort === 'string') requirePortName('service.targetPort', targetPort);
  for (const [index, gateway] of gateways.entries()) {
    requireText(`service.gateways[${index}]`, gateway);
  }
  for (const [index, host] of hosts.entries()) requireText(`service.hosts[${index}]`, host);
}

function requirePortName(property: string, value: string): void {
  if (PORT_NAME.test(value)) return;
  const rule = 'a port name has at most 15 lower case letters, digits and single dashes';
  throw new PropertyError(property, value, rule, 'choose a name such as http');
}
