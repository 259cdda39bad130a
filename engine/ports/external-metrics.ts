/** The external metrics API of the cluster, which an adapter such as KEDA's serves. */
export interface ExternalMetrics {
  list(query: ExternalMetricQuery): Promise<ExternalMetricsOutcome>;
}

export interface ExternalMetricQuery {
  readonly namespace: string;
  readonly metric: string;
  /** Empty: whatever its labels. */
  readonly labelSelector: string;
}

export type ExternalMetricsOutcome =
  /** An ExternalMetricValueList, as it came. */
  | { readonly kind: 'read'; readonly list: unknown }
  | { readonly kind: 'unread'; readonly why: string };
