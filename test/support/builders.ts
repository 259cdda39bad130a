import type { CanarySpec, Webhook } from '../../constructs/canary-spec.ts';
import { SAID_NOTHING } from '../../engine/core/control.ts';
import type { WorkloadStatus, Observation } from '../../engine/core/observation.ts';
import type { RolloutRecord } from '../../engine/core/record.ts';

/** Builders of a valid default world: a test says only what differs. */

export const MINUTE_MS = 60_000;
export const T0_MS = Date.UTC(2026, 0, 1);
export const BASE = 'b'.repeat(40);
export const TIP = 'c'.repeat(40);

export function aSpec(
  analysis: Partial<CanarySpec['analysis']> = {},
  rest: Partial<CanarySpec> = {},
): CanarySpec {
  return {
    namespace: 'default',
    name: 'reviews',
    provider: 'istio',
    target: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'reviews' },
    service: {
      name: 'reviews',
      port: 9080,
      portName: 'http',
      targetPort: 9080,
      gateways: ['mesh'],
      hosts: ['reviews'],
    },
    analysis: {
      intervalMs: MINUTE_MS,
      threshold: 5,
      strategy: { kind: 'canary', stepWeights: [10, 20, 30, 40, 50] },
      stepWeightPromotion: 0,
      primaryReadyThreshold: 100,
      canaryReadyThreshold: 100,
      metrics: [
        {
          kind: 'builtin',
          name: 'request-success-rate',
          intervalMs: MINUTE_MS,
          range: { min: 99 },
        },
        { kind: 'builtin', name: 'request-duration', intervalMs: 30_000, range: { max: 500 } },
      ],
      webhooks: [],
      alerts: [],
      trafficRouting: 'Weight step: 10 max: 50',
      ...analysis,
    },
    progressDeadlineSeconds: 60,
    skipAnalysis: false,
    suspend: false,
    gates: [],
    ...rest,
  };
}

/** At rest, revision `one` promoted. */
export function aRecord(differing: Partial<RolloutRecord> = {}): RolloutRecord {
  return {
    version: 1,
    canary: 'default/reviews',
    phase: 'Initialized',
    awaiting: 'revision',
    weights: { primary: 100, canary: 0 },
    lastTransitionMs: T0_MS,
    decidedAtMs: T0_MS,
    configDigest: 'options-1',
    promoted: { revision: 'one', source: '1'.repeat(40) },
    ...differing,
  };
}

/** In the middle of the analysis of revision `two`, weight 20. */
export function aRunningRecord(
  differing: Partial<RolloutRecord> = {},
  rollout: Partial<NonNullable<RolloutRecord['rollout']>> = {},
): RolloutRecord {
  return aRecord({
    phase: 'Progressing',
    awaiting: 'analysis',
    weights: { primary: 80, canary: 20 },
    rollout: {
      number: 1,
      attempt: 1,
      revision: 'two',
      source: '2'.repeat(40),
      startedAtMs: T0_MS,
      base: BASE,
      baseConfigDigest: 'options-1',
      failedChecks: 0,
      iterations: 0,
      evaluations: 1,
      ...rollout,
    },
    ...differing,
  });
}

export function aStatus(differing: Partial<WorkloadStatus> = {}): WorkloadStatus {
  return {
    generation: 1,
    observedGeneration: 1,
    desiredReplicas: 1,
    replicas: 1,
    updatedReplicas: 1,
    availableReplicas: 1,
    progressDeadlineExceeded: false,
    ...differing,
  };
}

/** Everything in order: both tracks ready, everything live since T0, the source wants `two`. */
export function anObservation(differing: Partial<Observation> = {}): Observation {
  return {
    source: { commit: '2'.repeat(40), revision: 'two', configDigest: 'options-1' },
    tip: TIP,
    rejected: [],
    control: SAID_NOTHING,
    primary: { state: 'found', status: aStatus() },
    canary: { state: 'found', status: aStatus() },
    workloads: { state: 'live', sinceMs: T0_MS },
    traffic: { state: 'live', sinceMs: T0_MS },
    ...differing,
  };
}

export const PASSED: NonNullable<Observation['evaluation']> = {
  state: 'made',
  checks: [
    {
      kind: 'metric',
      name: 'request-success-rate',
      metric: 'builtin',
      verdict: 'pass',
      detail: '100% >= 99%',
      value: 100,
    },
    {
      kind: 'metric',
      name: 'request-duration',
      metric: 'builtin',
      verdict: 'pass',
      detail: '12ms <= 500ms',
      value: 12,
    },
  ],
};

export const FAILED: NonNullable<Observation['evaluation']> = {
  state: 'made',
  checks: [
    {
      kind: 'metric',
      name: 'request-success-rate',
      metric: 'builtin',
      verdict: 'fail',
      detail: '95% < 99%',
      value: 95,
    },
    {
      kind: 'metric',
      name: 'request-duration',
      metric: 'builtin',
      verdict: 'pass',
      detail: '12ms <= 500ms',
      value: 12,
    },
  ],
};

export function aWebhook(differing: Partial<Webhook> = {}): Webhook {
  return {
    name: 'hook',
    type: 'rollout',
    url: 'http://hooks.test/',
    timeoutMs: 10_000,
    retries: 0,
    disableTls: false,
    muteAlert: false,
    metadata: {},
    ...differing,
  };
}
