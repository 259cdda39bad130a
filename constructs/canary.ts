import { type ApiObject, type ApiObjectMetadata, Duration, Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import {
  Canary as CanaryObject,
  type CanarySpec,
  CanarySpecProvider,
  CanarySpecTargetRefKind,
} from '../imports/flagger.app.ts';
import type { Alert } from './alert.ts';
import type { Autoscaler } from './autoscaler.ts';
import { type CanaryServiceProps, requireRightService, serviceToKube } from './canary-service.ts';
import {
  type Gate,
  GATES_ANNOTATION,
  type RoutingProvider,
  type TargetKind,
} from './canary-spec.ts';
import { goDuration, requireSeconds } from './go-duration.ts';
import type { MetricCheck } from './metric-check.ts';
import { PropertyError, requireAddress, requireWhole } from './property-error.ts';
import {
  requireRightCookies,
  type SessionAffinityProps,
  sessionAffinityToKube,
} from './session-affinity.ts';
import type { Strategy } from './strategy.ts';
import type { Target } from './target.ts';
import type { Webhook } from './webhook.ts';

export interface CanaryProps {
  /** @default - named after the target, in the chart's namespace */
  readonly metadata?: ApiObjectMetadata;

  /** The workload that is released. */
  readonly target: Target;

  /** @default - none: the target's own `replicas` count */
  readonly autoscaler?: Autoscaler;

  /**
   * Who splits the traffic.
   *
   * @default - left to the engine, which takes `istio`
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

  /**
   * Points at which a rollout waits for a person, who approves one revision: `serin approve`.
   *
   * @default - none
   */
  readonly gates?: readonly Gate[];

  /**
   * Users who have met a track keep to it.
   *
   * @default - each request is split anew
   */
  readonly sessionAffinity?: SessionAffinityProps;

  /**
   * Revisions are promoted once they are ready, without traffic and without a check.
   *
   * @default false
   */
  readonly skipAnalysis?: boolean;

  /**
   * Nothing is decided.
   *
   * @default false
   */
  readonly suspend?: boolean;

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

const TARGET_KINDS: Readonly<Record<TargetKind, CanarySpecTargetRefKind>> = {
  Deployment: CanarySpecTargetRefKind.DEPLOYMENT,
  DaemonSet: CanarySpecTargetRefKind.DAEMON_SET,
  Service: CanarySpecTargetRefKind.SERVICE,
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
    if (props.sessionAffinity !== undefined) requireRightCookies(props.sessionAffinity);
    if (props.metricsServer !== undefined) requireAddress('metricsServer', props.metricsServer);
    this.#props = props;
    this.#metrics = [...(props.metrics ?? [])];
    this.#webhooks = [...(props.webhooks ?? [])];
    this.#alerts = [...(props.alerts ?? [])];
    this.apexName = props.service.name ?? props.target.name;
    this.apiObject = new CanaryObject(this, 'Resource', {
      metadata: metadataOf(props),
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
    const { provider, target, autoscaler, strategy, interval, threshold, progressDeadline } =
      this.#props;
    const { primaryReadyThreshold, canaryReadyThreshold, metricsServer } = this.#props;
    const { sessionAffinity, skipAnalysis, suspend } = this.#props;
    return {
      ...(provider === undefined ? {} : { provider: PROVIDERS[provider] }),
      ...(metricsServer === undefined ? {} : { metricsServer }),
      targetRef: { ...target._toKube(), kind: TARGET_KINDS[target.kind] },
      ...(autoscaler === undefined ? {} : { autoscalerRef: autoscaler._toKube() }),
      ...(progressDeadline === undefined
        ? {}
        : { progressDeadlineSeconds: progressDeadline.toSeconds() }),
      ...(skipAnalysis === undefined ? {} : { skipAnalysis }),
      ...(suspend === undefined ? {} : { suspend }),
      service: serviceToKube(this.#props.service),
      analysis: {
        interval: goDuration(interval ?? Duration.minutes(1)),
        threshold,
        ...strategy._toKube(),
        ...(sessionAffinity && { sessionAffinity: sessionAffinityToKube(sessionAffinity) }),
        ...(primaryReadyThreshold === undefined ? {} : { primaryReadyThreshold }),
        ...(canaryReadyThreshold === undefined ? {} : { canaryReadyThreshold }),
        ...listed('metrics', this.#metrics),
        ...listed('webhooks', this.#webhooks),
        ...listed('alerts', this.#alerts),
      },
    };
  }
}

/** Gates are an annotation, because the fields of a Canary are Flagger's. */
function metadataOf({ target, metadata, gates = [] }: CanaryProps): ApiObjectMetadata {
  const named = { name: target.name, ...metadata };
  if (gates.length === 0) return named;
  const written = metadata?.annotations?.[GATES_ANNOTATION];
  if (written !== undefined) {
    const rule = `metadata.annotations has ${GATES_ANNOTATION} too`;
    throw new PropertyError('gates', gates, rule, 'keep one of the two');
  }
  const annotations = { ...metadata?.annotations, [GATES_ANNOTATION]: gates.join(', ') };
  return { ...named, annotations };
}

function listed<Key extends string, Kube>(
  key: Key,
  values: readonly { _toKube(): Kube }[],
): Partial<Record<Key, Kube[]>> {
  if (values.length === 0) return {};
  return { [key]: values.map((value) => value._toKube()) } as Record<Key, Kube[]>;
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
