/**
 * The resolved canary: every default applied, every unit in the name, every rule checked.
 *
 * Both sides speak it: constructs render manifests from it, the engine decides by it. It imports
 * no library, so the pure core can use it.
 */
import type { ServiceSpec, StringMatch } from './service-spec.ts';
import type { AutoscalerSpec, TargetRef } from './target-spec.ts';
import type { Webhook } from './webhook-spec.ts';

export * from './target-spec.ts';
export * from './webhook-spec.ts';

export type * from './service-spec.ts';

/**
 * Who carries the routes out, by Flagger's names. `kubernetes` has none: its Services lead to the
 * primary, whatever is analysed.
 */
export type RoutingProvider = 'istio' | 'gatewayapi:v1' | 'kubernetes';

export interface CanarySpec {
  readonly namespace: string;
  readonly name: string;
  readonly provider: RoutingProvider;
  readonly target: TargetRef;
  /** Absent: the target's own `replicas` count. */
  readonly autoscaler?: AutoscalerSpec;
  readonly service: ServiceSpec;
  readonly analysis: AnalysisSpec;
  /** The Prometheus that this canary is judged by; absent: the engine's own. */
  readonly metricsServer?: string;
  /** How long a workload may stay unavailable before it counts as failed, in seconds. */
  readonly progressDeadlineSeconds: number;
  /** A revision is promoted once it is ready, without traffic and without a check. */
  readonly skipAnalysis: boolean;
  /** Nothing is decided. */
  readonly suspend: boolean;
  /** What people must approve, revision by revision. */
  readonly gates: readonly Gate[];
}

export const GATES = ['rollout', 'traffic-increase', 'promotion'] as const;

/**
 * Says on a Canary which of its gates people open, separated by commas. An annotation, because the
 * fields of a Canary are Flagger's, which ignores it.
 */
export const GATES_ANNOTATION = 'serin/gates';

/** A point at which a rollout waits for a person. */
export type Gate = (typeof GATES)[number];

export interface AnalysisSpec {
  /** Time between two evaluations of a step, counted from the moment the step is live. */
  readonly intervalMs: number;
  /** Failed checks that end the rollout; counted over the whole rollout, never reset. */
  readonly threshold: number;
  readonly strategy: StrategySpec;
  /** Weight moved back to the primary per step after promotion; 0 moves all of it at once. */
  readonly stepWeightPromotion: number;
  /** Share of the updated replicas that must be available, in percent. */
  readonly primaryReadyThreshold: number;
  readonly canaryReadyThreshold: number;
  readonly metrics: readonly MetricCheck[];
  readonly webhooks: readonly Webhook[];
  /** Absent: requests of one user may go to either track. */
  readonly sessionAffinity?: SessionAffinity;
  /** Empty: the engine's own notifiers are told. */
  readonly alerts: readonly AlertRoute[];
  /** How traffic moves, in Flagger's words: people read it in alerts. */
  readonly trafficRouting: string;
}

/** Users who have met a track keep to it, by a cookie that the routes set and match. */
export interface SessionAffinity {
  readonly cookieName: string;
  /** Absent: only those who have met the canary are kept. */
  readonly primaryCookieName?: string;
  /** How long the canary's cookie lives; the primary's lives for one analysis interval. */
  readonly maxAgeSeconds: number;
  readonly domain?: string;
  readonly path?: string;
  readonly sameSite?: 'Strict' | 'Lax' | 'None';
  readonly httpOnly: boolean;
  readonly secure: boolean;
  readonly partitioned: boolean;
}

/** How a revision meets its first requests. */
export type StrategySpec = CanaryStrategy | AbTestingStrategy | BlueGreenStrategy;

/** Traffic moves in steps, each analysed before the next. */
export interface CanaryStrategy {
  readonly kind: 'canary';
  /** Canary weights in the order they are taken: strictly increasing, each 1 to 100. */
  readonly stepWeights: readonly number[];
  /** Only requests that match are split; all others go to the primary. Absent: all are. */
  readonly match?: readonly AnalysisMatch[];
  /** Requests are copied to the canary before any is sent to it. */
  readonly mirror?: Mirror;
}

/** Requests that match go to the canary for a number of analyses, all others to the primary. */
export interface AbTestingStrategy {
  readonly kind: 'ab-testing';
  readonly iterations: number;
  readonly match: readonly AnalysisMatch[];
}

/** The canary is analysed without traffic, or on copies of it, and then gets all of it at once. */
export interface BlueGreenStrategy {
  readonly kind: 'blue-green';
  readonly iterations: number;
  readonly mirror?: Mirror;
}

export interface Mirror {
  /** Share of the requests that are copied: 1 to 100. */
  readonly percent: number;
}

/** One alternative of `spec.analysis.match`: everything in it must hold. */
export interface AnalysisMatch {
  readonly headers: Readonly<Record<string, StringMatch>>;
  readonly queryParams: Readonly<Record<string, StringMatch>>;
  /** Labels of the workload that sends the request (Istio). */
  readonly sourceLabels: Readonly<Record<string, string>>;
}

/**
 * What the routes must say at one moment of a canary's life. It follows from the record and the
 * spec alone, so that the same record always gives the same routes.
 */
export interface TrafficState {
  /** Shares in percent; they sum to 100. With `match` they are those of the requests that match. */
  readonly weights: { readonly primary: number; readonly canary: number };
  /** The primary answers, and the canary is sent copies (`Mirror.percent` of the requests). */
  readonly mirrored: boolean;
  /** Present with session affinity. */
  readonly cookies?: CookieValues;
}

/** Values of the session cookies, without their names. */
export interface CookieValues {
  /** Keeps its bearer at the canary; present while the canary has weight. */
  readonly canary?: string;
  /** Keeps its bearer at the primary; present while the canary has weight. */
  readonly primary?: string;
  /** Of the promoted rollout: it is taken back while the canary has no weight. */
  readonly expired?: string;
}

/** Flagger's two built-in checks: successes in percent, 99th percentile of the latency in ms. */
export type BuiltinMetric = 'request-success-rate' | 'request-duration';

/** One thing that is measured and judged at each evaluation. */
export type MetricCheck = BuiltinCheck | QueryCheck | TemplateCheck;

interface CheckBase {
  readonly name: string;
  /** The window the query looks back over. */
  readonly intervalMs: number;
  readonly range: MetricRange;
}

export interface BuiltinCheck extends CheckBase {
  readonly kind: 'builtin';
  readonly name: BuiltinMetric;
}

/** PromQL that the canary brings along, for its Prometheus. */
export interface QueryCheck extends CheckBase {
  readonly kind: 'query';
  /** As it is sent: nothing in it is left to be filled in. */
  readonly query: string;
}

/** A query of a MetricTemplate, for whatever server that names. */
export interface TemplateCheck extends CheckBase {
  readonly kind: 'template';
  readonly template: ObjectName;
  readonly provider: MetricProvider;
  /** As it is sent: nothing in it is left to be filled in. */
  readonly query: string;
}

export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

/** Kinds of metrics servers that a MetricTemplate can name. */
export type MetricProviderType =
  | 'prometheus'
  | 'datadog'
  | 'newrelic'
  | 'graphite'
  | 'influxdb'
  | 'dynatrace'
  | 'cloudwatch'
  | 'stackdriver'
  | 'splunk'
  | 'externalmetrics';

export interface MetricProvider {
  readonly type: MetricProviderType;
  /** Absent where the provider has a place of its own. */
  readonly address?: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** Holds the credentials. */
  readonly secret?: ObjectName;
  readonly region?: string;
  /** Any certificate will do. */
  readonly insecureSkipVerify: boolean;
}

/** Inclusive bounds; an absent bound accepts everything on its side. */
export interface MetricRange {
  readonly min?: number;
  readonly max?: number;
}

/** Where alerts can be sent. */
export const ALERT_SERVICES = [
  'slack',
  'msteams',
  'discord',
  'rocket',
  'gchat',
  'webhook',
] as const;

export type AlertService = (typeof ALERT_SERVICES)[number];

/** From the least to the most severe. */
export const ALERT_SEVERITIES = ['info', 'warn', 'error'] as const;

export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

/** One of a canary's alerts: whoever is named gets what is at least that severe. */
export interface AlertRoute {
  readonly name: string;
  readonly severity: AlertSeverity;
  readonly provider: AlertProvider;
}

export interface AlertProvider extends AlertReceiver {
  readonly namespace: string;
  readonly name: string;
  readonly address: AlertAddress;
}

export type AlertAddress =
  | { readonly from: 'spec'; readonly address: string }
  /** Keys `address` and, where the service wants one, `token`; of the provider's namespace. */
  | { readonly from: 'secret'; readonly secretName: string };

/** Whom alerts are sent to, and how they introduce themselves. */
export interface AlertReceiver {
  readonly service: AlertService;
  readonly channel: string;
  readonly username: string;
  /** An HTTP proxy on the way there. */
  readonly proxy?: string;
}

/** `namespace/name`: how a canary is named within a delivery target. */
export type CanaryKey = `${string}/${string}`;

export function canaryKey(canary: {
  readonly namespace: string;
  readonly name: string;
}): CanaryKey {
  return `${canary.namespace}/${canary.name}`;
}
