import { Counter, Histogram, Registry } from 'prom-client';

export interface MeshRequest {
  readonly namespace: string;
  readonly service: string;
  /** The workload that answered; absent when no pod could be asked. */
  readonly workload: string | undefined;
  readonly status: number;
  readonly durationMs: number;
}

/** Istio's own bucket bounds, in milliseconds. */
const BUCKETS_MS = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000,
  600_000, 1_800_000, 3_600_000,
];

const LABELS = [
  'reporter',
  'destination_workload',
  'destination_workload_namespace',
  'destination_service',
  'response_code',
] as const;

/**
 * Requests as Istio counts them. A request that reached no pod is reported by its sender, with the
 * workload `unknown`: the workload's own series would say nothing of it.
 * @see https://istio.io/latest/docs/reference/config/metrics/
 */
export class MeshMetrics {
  readonly #registry = new Registry();
  readonly #requests = new Counter({
    name: 'istio_requests_total',
    help: 'Requests',
    labelNames: LABELS,
    registers: [this.#registry],
  });
  readonly #durations = new Histogram({
    name: 'istio_request_duration_milliseconds',
    help: 'Duration of requests',
    labelNames: LABELS,
    buckets: BUCKETS_MS,
    registers: [this.#registry],
  });

  count({ namespace, service, workload, status, durationMs }: MeshRequest): void {
    const labels = {
      reporter: workload === undefined ? 'source' : 'destination',
      destination_workload: workload ?? 'unknown',
      destination_workload_namespace: namespace,
      destination_service: `${service}.${namespace}.svc.cluster.local`,
      response_code: String(status),
    };
    this.#requests.inc(labels);
    this.#durations.observe(labels, durationMs);
  }

  /** Prometheus exposition text. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
