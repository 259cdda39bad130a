/**
 * How a workload is reached: its Services, and what the routes do with a request on its way. Part
 * of the resolved canary; like it, it imports nothing.
 */

export interface ServiceSpec {
  /** The apex: the public service; `<name>-primary` and `<name>-canary` stand behind it. */
  readonly name: string;
  readonly port: number;
  readonly portName: string;
  readonly targetPort: number | string;
  /** What is spoken on the port, for example `http`, `grpc`, `tcp`, `kubernetes.io/h2c`. */
  readonly appProtocol?: string;
  /** The other ports of the pods' containers become ports of the Services. */
  readonly portDiscovery?: boolean;
  /** The Services have no address of their own. Kubernetes takes this at creation only. */
  readonly headless?: boolean;
  readonly trafficDistribution?: TrafficDistribution;
  /** Labels and annotations of the Services; the apex's are the route's as well. */
  readonly metadata?: Readonly<Partial<Record<ServiceRole, OwnMetadata>>>;
  /** Istio gateways the route is bound to. */
  readonly gateways: readonly string[];
  /** Host names of the route; on Istio with the apex. */
  readonly hosts: readonly string[];
  /** The route has neither hosts nor gateways: another VirtualService delegates to it. */
  readonly delegation?: boolean;
  /** What an HTTPRoute or GRPCRoute attaches itself to. */
  readonly gatewayRefs?: readonly GatewayRef[];
  /** Alternatives of which a request must meet one; absent: every request is routed. */
  readonly match?: readonly RequestMatch[];
  readonly rewrite?: Rewrite;
  readonly timeoutMs?: number;
  /** Of one attempt to reach a pod. */
  readonly backendTimeoutMs?: number;
  readonly retries?: Retries;
  readonly headers?: HeaderChanges;
  readonly cors?: CorsPolicy;
  /** Copies of every request, whatever the analysis does. */
  readonly mirrors?: readonly StaticMirror[];
  /** Istio's TrafficPolicy of both tracks, as it was written. */
  readonly trafficPolicy?: Readonly<Record<string, unknown>>;
}

export type ServiceRole = 'apex' | 'primary' | 'canary';

export interface OwnMetadata {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** @see https://kubernetes.io/docs/reference/networking/virtual-ips/#traffic-distribution */
export type TrafficDistribution = 'PreferClose' | 'PreferSameZone' | 'PreferSameNode';

/** @see https://gateway-api.sigs.k8s.io/reference/spec/#parentreference */
export interface GatewayRef {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly sectionName?: string;
  readonly port?: number;
}

/**
 * One alternative: everything in it must hold.
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPMatchRequest
 */
export interface RequestMatch {
  readonly name?: string;
  readonly uri?: StringMatch;
  readonly ignoreUriCase?: boolean;
  readonly scheme?: StringMatch;
  readonly method?: StringMatch;
  readonly authority?: StringMatch;
  readonly port?: number;
  readonly headers?: Readonly<Record<string, StringMatch>>;
  readonly withoutHeaders?: Readonly<Record<string, StringMatch>>;
  readonly queryParams?: Readonly<Record<string, StringMatch>>;
  readonly sourceLabels?: Readonly<Record<string, string>>;
  readonly sourceNamespace?: string;
  readonly gateways?: readonly string[];
}

/** @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#StringMatch */
export type StringMatch =
  | { readonly exact: string }
  | { readonly prefix: string }
  | { readonly suffix: string }
  | { readonly regex: string };

export interface Rewrite {
  readonly uri?: string;
  readonly authority?: string;
  /** What of the path `uri` replaces, where the routing provider can choose. */
  readonly path?: 'full' | 'matched-prefix';
}

export interface Retries {
  readonly attempts: number;
  readonly perTryTimeoutMs?: number;
  readonly retryOn?: string;
}

export interface HeaderChanges {
  readonly request?: HeaderChange;
  readonly response?: HeaderChange;
}

export interface HeaderChange {
  readonly set?: Readonly<Record<string, string>>;
  readonly add?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
}

export interface CorsPolicy {
  readonly allowOrigins: readonly StringMatch[];
  readonly allowMethods?: readonly string[];
  readonly allowHeaders?: readonly string[];
  readonly exposeHeaders?: readonly string[];
  readonly maxAgeSeconds?: number;
  readonly allowCredentials?: boolean;
}

/** @see https://gateway-api.sigs.k8s.io/reference/spec/#httprequestmirrorfilter */
export interface StaticMirror {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
  readonly port?: number;
  /** Share of the requests in percent; absent together with `fraction`: all of them. */
  readonly percent?: number;
  readonly fraction?: { readonly numerator: number; readonly denominator: number };
}
