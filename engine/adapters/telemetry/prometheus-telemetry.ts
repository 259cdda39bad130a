import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Phase } from '../../core/phase.ts';
import type {
  CanaryStanding,
  CanarySubject,
  DecisionFacts,
  DeploymentStrategy,
  EvaluationFacts,
  MessageFacts,
  PassFacts,
  PushFacts,
  QueryFacts,
  Telemetry,
} from '../../ports/telemetry.ts';
import { createFlaggerMetrics, createSerinMetrics } from './metric-set.ts';

export interface TelemetryOptions {
  readonly version: string;
  /** The routing provider of a canary that names none. */
  readonly provider: string;
  /** A label of everything, where one process serves several deliveries. */
  readonly delivery?: string | undefined;
}

/** Keeps what Prometheus asks for, in a registry of its own. */
export class PrometheusTelemetry implements Telemetry {
  readonly #register = new Registry();
  readonly #flagger = createFlaggerMetrics(this.#register);
  readonly #serin = createSerinMetrics(this.#register);
  readonly #known = new Map<string, CanaryStanding>();
  /** The checks that a value is shown of, by canary. */
  readonly #metrics = new Map<string, Set<string>>();
  readonly #namespaces = new Set<string>();

  constructor({ version, provider, delivery }: TelemetryOptions) {
    if (delivery !== undefined) this.#register.setDefaultLabels({ delivery });
    this.#flagger.info.set({ version, mesh_provider: provider }, 1);
  }

  /** What the process itself is like: memory, handles, the event loop. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.#register });
  }

  get contentType(): string {
    return this.#register.contentType;
  }

  exposition(): Promise<string> {
    return this.#register.metrics();
  }

  canaries(standings: readonly CanaryStanding[]): void {
    const now = new Map(standings.map((standing) => [keyOf(standing), standing]));
    for (const [key, gone] of this.#known) {
      if (!now.has(key)) this.#forget(key, gone);
    }
    for (const [key, standing] of now) this.#show(key, standing);
    const counts = Map.groupBy(now.values(), ({ namespace }) => namespace);
    for (const namespace of counts.keys()) this.#namespaces.add(namespace);
    for (const namespace of this.#namespaces) {
      this.#flagger.total.set({ namespace }, counts.get(namespace)?.length ?? 0);
    }
  }

  #show(key: string, standing: CanaryStanding): void {
    const { namespace, target, phase, weights, isNotLive, strategy } = standing;
    const labels = labelsOf(standing);
    this.#flagger.status.set(labels, STATUS[phase]);
    this.#flagger.weight.set({ workload: `${target}-primary`, namespace }, weights.primary);
    this.#flagger.weight.set({ workload: target, namespace }, weights.canary);
    this.#serin.notLive.set(labels, isNotLive ? 1 : 0);
    if (!this.#known.has(key)) {
      // An increase from nothing to 1 is none to Prometheus.
      const ends = { ...labels, deployment_strategy: strategy, analysis_status: 'completed' };
      this.#flagger.successes.inc(ends, 0);
      this.#flagger.failures.inc(ends, 0);
    }
    this.#known.set(key, standing);
  }

  /** A gauge that nobody sets any more would show its last value for ever. */
  #forget(key: string, { namespace, target }: CanaryStanding): void {
    this.#known.delete(key);
    const { status, duration, weight, analysis, successes, failures } = this.#flagger;
    const labels = { name: target, namespace };
    status.remove(labels);
    duration.remove(labels);
    this.#serin.notLive.remove(labels);
    for (const workload of [target, `${target}-primary`]) weight.remove({ workload, namespace });
    for (const metric of this.#metrics.get(key) ?? []) analysis.remove({ ...labels, metric });
    this.#metrics.delete(key);
    for (const ends of ENDS) {
      successes.remove({ ...labels, ...ends });
      failures.remove({ ...labels, ...ends });
    }
  }

  evaluated(evaluation: EvaluationFacts): void {
    const labels = labelsOf(evaluation);
    const metrics = getOrMake(this.#metrics, keyOf(evaluation), () => new Set<string>());
    this.#flagger.duration.observe(labels, evaluation.durationMs / 1_000);
    for (const { metric, value } of evaluation.values) {
      metrics.add(metric);
      this.#flagger.analysis.set({ ...labels, metric }, value);
    }
  }

  decided(decision: DecisionFacts): void {
    const { end, delayMs, liveDelaysMs } = decision;
    if (delayMs !== undefined) this.#serin.decisionDelay.observe(delayMs / 1_000);
    for (const [stage, afterMs] of Object.entries(liveDelaysMs)) {
      this.#serin.liveDelay.observe({ stage }, afterMs / 1_000);
    }
    if (end === undefined) return;
    const labels = {
      ...labelsOf(decision),
      deployment_strategy: end.strategy,
      analysis_status: end.analysis,
    };
    if (end.result === 'succeeded') this.#flagger.successes.inc(labels);
    else this.#flagger.failures.inc(labels);
  }

  pushed({ outcome, durationMs, commits }: PushFacts): void {
    this.#serin.pushes.inc({ outcome });
    this.#serin.pushDuration.observe(durationMs / 1_000);
    if (outcome !== 'pushed') return;
    for (const decision of commits) this.#serin.commits.inc({ decision });
  }

  passed({ outcome, durationMs, problems, unpushed, untold }: PassFacts): void {
    this.#serin.passDuration.observe({ outcome }, durationMs / 1_000);
    this.#serin.sourceProblems.set(problems);
    this.#serin.queueLength.set({ queue: 'decisions' }, unpushed);
    this.#serin.queueLength.set({ queue: 'messages' }, untold);
  }

  queried({ provider, outcome, durationMs }: QueryFacts): void {
    this.#serin.queryDuration.observe({ provider, outcome }, durationMs / 1_000);
  }

  told({ kind, outcome }: MessageFacts): void {
    this.#serin.messages.inc({ kind, outcome });
  }

  /** A request to the API server of the cluster, by Kubernetes' verbs. */
  apiRequested(verb: string): void {
    this.#serin.apiRequests.inc({ verb });
  }
}

/** Flagger knows three values; every phase that is neither under way nor failed is 1. */
const STATUS: Readonly<Record<Phase, 0 | 1 | 2>> = {
  Initializing: 1,
  Initialized: 1,
  Waiting: 1,
  Progressing: 0,
  WaitingPromotion: 1,
  Promoting: 1,
  Finalising: 1,
  Succeeded: 1,
  Failed: 2,
  Terminating: 1,
};

const STRATEGIES: readonly DeploymentStrategy[] = ['canary', 'blue-green', 'ab-testing'];
const ANALYSES = ['completed', 'skipped'] as const;
const ENDS = STRATEGIES.flatMap((strategy) =>
  ANALYSES.map((analysis) => ({ deployment_strategy: strategy, analysis_status: analysis })),
);

function keyOf({ namespace, target }: CanarySubject): string {
  return `${namespace}/${target}`;
}

function labelsOf({ namespace, target }: CanarySubject): { name: string; namespace: string } {
  return { name: target, namespace };
}

function getOrMake<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}
