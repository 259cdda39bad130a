/** What users of Serin write with; everything else in this folder is its own business. */
export {
  Alert,
  type AlertOptions,
  AlertProvider,
  type AlertProviderProps,
  type AlertProviderReference,
} from './alert.ts';
export { Autoscaler, type AutoscalerOptions, type ScaledObjectOptions } from './autoscaler.ts';
export { Canary, type CanaryProps } from './canary.ts';
export type { CanaryServiceProps, GatewayReference } from './canary-service.ts';
export type {
  AlertService,
  AlertSeverity,
  CanarySpec,
  CookieValues,
  Gate,
  RoutingProvider,
  StringMatch,
  TrafficState,
} from './canary-spec.ts';
export type {
  DaemonSetManifest,
  DeploymentManifest,
  Manifest,
  ServiceManifest,
  TargetManifest,
} from './manifest.ts';
export { manifestYaml } from './manifest-yaml.ts';
export {
  type CustomMetricOptions,
  MetricCheck,
  type MetricCheckOptions,
  type MetricTemplateReference,
  type QueryOptions,
  type RequestDurationOptions,
  type SuccessRateOptions,
  type TemplateOptions,
} from './metric-check.ts';
export {
  type AddressedServerOptions,
  type CloudwatchOptions,
  type ExternalMetricsOptions,
  MetricServer,
  type MetricServerOptions,
  type PrometheusOptions,
  type SecuredAddressOptions,
  type SecuredServerOptions,
} from './metric-server.ts';
export { MetricTemplate, type MetricTemplateProps } from './metric-template.ts';
export { PropertyError } from './property-error.ts';
export { type SelectorLabel, selectorLabelOf } from './selector-label.ts';
export type { RequestConditions, RequestMatches } from './request-conditions.ts';
export type { SessionAffinityProps } from './session-affinity.ts';
export {
  type AbTestingOptions,
  type BlueGreenOptions,
  type EvenSteps,
  type ListedSteps,
  type MirrorOptions,
  Strategy,
  type StrategyOptions,
} from './strategy.ts';
export { Target, type TargetConstruct } from './target.ts';
export type { RouteProps as TrafficProps } from './traffic/provider.ts';
export type { TracksProps } from './traffic/services.ts';
export { renderTracks, renderTraffic, Tracks, Traffic } from './traffic/traffic.ts';
export {
  type LoadTestOptions,
  type RolloutWebhookOptions,
  Webhook,
  type WebhookOptions,
} from './webhook.ts';
export { renderCanaryObject } from './workloads/canary-object.ts';
export {
  type PrimaryProps,
  renderPrimary,
  renderTarget,
  type TargetProps,
  type TargetScale,
} from './workloads/workloads.ts';
export { ArgocdDelivery, type ArgocdDeliveryProps } from './wiring/argocd-delivery.ts';
export { EngineInstallation, type EngineInstallationProps } from './wiring/engine-installation.ts';
export type { AgentReference, SecretReference } from './wiring/engine-rights.ts';
export { FluxDelivery, type FluxDeliveryProps } from './wiring/flux-delivery.ts';
