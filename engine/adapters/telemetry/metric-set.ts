import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Seconds between a decision and its effect: agents poll every few seconds to every few minutes. */
const DELAY_BUCKETS = [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600];
const DURATION_BUCKETS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100];

const CANARY = ['name', 'namespace'] as const;
const ENDS = [...CANARY, 'deployment_strategy', 'analysis_status'] as const;

/** Flagger's metrics under Flagger's names and labels; `name` and `workload` are the target's. */
export function createFlaggerMetrics(register: Registry) {
  const registers = [register];
  return {
    info: new Gauge({
      name: 'flagger_info',
      help: 'The version of the engine and the routing provider it takes by itself',
      labelNames: ['version', 'mesh_provider'] as const,
      registers,
    }),
    total: new Gauge({
      name: 'flagger_canary_total',
      help: 'Canaries in a namespace',
      labelNames: ['namespace'] as const,
      registers,
    }),
    status: new Gauge({
      name: 'flagger_canary_status',
      help: 'Latest phase: 0 progressing, 1 any other, 2 failed',
      labelNames: CANARY,
      registers,
    }),
    weight: new Gauge({
      name: 'flagger_canary_weight',
      help: 'Share of the traffic that the delivery branch gives to a workload, in percent',
      labelNames: ['workload', 'namespace'] as const,
      registers,
    }),
    duration: new Histogram({
      name: 'flagger_canary_duration_seconds',
      help: 'Time spent on a canary when its checks were made',
      labelNames: CANARY,
      registers,
    }),
    analysis: new Gauge({
      name: 'flagger_canary_metric_analysis',
      help: 'Latest value of a check, durations in seconds',
      labelNames: [...CANARY, 'metric'] as const,
      registers,
    }),
    successes: new Counter({
      name: 'flagger_canary_successes_total',
      help: 'Rollouts that were promoted',
      labelNames: ENDS,
      registers,
    }),
    failures: new Counter({
      name: 'flagger_canary_failures_total',
      help: 'Rollouts that failed',
      labelNames: ENDS,
      registers,
    }),
  };
}

/** What only an engine that commits can count. */
export function createSerinMetrics(register: Registry) {
  return { ...createDecisionMetrics(register), ...createPassMetrics(register) };
}

function createDecisionMetrics(register: Registry) {
  const registers = [register];
  return {
    commits: new Counter({
      name: 'serin_commits_total',
      help: 'Commits on the delivery branch, by what was decided',
      labelNames: ['decision'] as const,
      registers,
    }),
    pushes: new Counter({
      name: 'serin_pushes_total',
      help: 'Attempts to push, by how they ended',
      labelNames: ['outcome'] as const,
      registers,
    }),
    pushDuration: new Histogram({
      name: 'serin_push_duration_seconds',
      help: 'Time a push took, commits included',
      buckets: DURATION_BUCKETS,
      registers,
    }),
    liveDelay: new Histogram({
      name: 'serin_live_delay_seconds',
      help: 'Time from the commit of a step until it was contained, applied, effective',
      labelNames: ['stage'] as const,
      buckets: DELAY_BUCKETS,
      registers,
    }),
    decisionDelay: new Histogram({
      name: 'serin_decision_delay_seconds',
      help: 'Time from the moment a decision was due until it was taken',
      buckets: DELAY_BUCKETS,
      registers,
    }),
  };
}

function createPassMetrics(register: Registry) {
  const registers = [register];
  return {
    queueLength: new Gauge({
      name: 'serin_queue_length',
      help: 'Decisions that are not pushed, and messages that are not sent',
      labelNames: ['queue'] as const,
      registers,
    }),
    passDuration: new Histogram({
      name: 'serin_pass_duration_seconds',
      help: 'Time a pass took, by how it ended',
      labelNames: ['outcome'] as const,
      buckets: DURATION_BUCKETS,
      registers,
    }),
    sourceProblems: new Gauge({
      name: 'serin_source_problems',
      help: 'Mistakes in the source',
      registers,
    }),
    notLive: new Gauge({
      name: 'serin_canary_not_live',
      help: '1 while the newest commit of a canary has had no effect for too long',
      labelNames: CANARY,
      registers,
    }),
    queryDuration: new Histogram({
      name: 'serin_metric_query_duration_seconds',
      help: 'Time a metrics source took to answer, by what it answered',
      labelNames: ['provider', 'outcome'] as const,
      buckets: DURATION_BUCKETS,
      registers,
    }),
    apiRequests: new Counter({
      name: 'serin_api_requests_total',
      help: 'Requests to the API server of the cluster, by verb',
      labelNames: ['verb'] as const,
      registers,
    }),
    messages: new Counter({
      name: 'serin_messages_total',
      help: 'Alerts and events, by how sending them ended',
      labelNames: ['kind', 'outcome'] as const,
      registers,
    }),
  };
}
