import { loadSource } from '../engine/config/load-source.ts';
import type { Change } from '../engine/core/decision.ts';
import type { Observation } from '../engine/core/observation.ts';
import type { CommitDraft } from '../engine/ports/delivery-repository.ts';
import { applyChanges, type Files } from '../engine/render/changeset.ts';
import { render } from '../engine/render/render.ts';
import type { ResolvedCanary } from '../engine/render/resolved-canary.ts';
import type { RolloutRecord } from '../engine/core/record.ts';

const NOW_MS = Date.UTC(2026, 0, 1);

/** Many canaries that are all in the middle of a rollout, with their files. */
export interface Fleet {
  readonly members: readonly Member[];
  /** Everything that stands on the delivery branch before the decisions that are measured. */
  readonly start: CommitDraft;
}

export interface Member {
  readonly canary: ResolvedCanary;
  readonly record: RolloutRecord;
  readonly files: Files;
}

export function createFleet(size: number): Fleet {
  const members = Array.from({ length: size }, (_, index) => createMember(index));
  const changes = members.flatMap(({ files }) =>
    [...files].map(([path, text]) => ({ kind: 'write', path, text }) as const),
  );
  return { members, start: { message: 'start\n', changes, atMs: NOW_MS } };
}

/** The decision that is measured: one weight more, after checks that passed. */
export function advance({ canary, record, files }: Member): CommitDraft {
  const next = record.weights.canary + 10;
  const checks = canary.spec.analysis.metrics.map(({ name }) => ({
    name,
    verdict: 'pass' as const,
    detail: '99.9% >= 99%',
    value: 99.9,
    samples: 1200,
  }));
  const change = {
    kind: 'advance',
    reason: 'step 2 of 5, 2 checks passed',
    weights: { primary: 100 - next, canary: next },
    checks,
  } as const;
  const rendered = decided(canary, record, files, change);
  return { message: rendered.message, changes: rendered.changes, atMs: NOW_MS };
}

function createMember(index: number): Member {
  const canary = createCanary(`app-${String(index).padStart(5, '0')}`);
  const release = { revision: canary.revision, source: 'a'.repeat(40) };
  const { configDigest } = canary;
  const changes: readonly Change[] = [
    { kind: 'create-primary', reason: 'new canary', release, configDigest },
    { kind: 'open-routing', reason: 'primary ready' },
    { kind: 'initialized', reason: 'all traffic on the primary' },
    {
      kind: 'start',
      reason: 'revision',
      release: { ...release, revision: 'candidate' },
      attempt: 1,
      base: 'b'.repeat(40),
      configDigest,
    },
    { kind: 'advance', reason: 'step 1 of 5', weights: { primary: 90, canary: 10 } },
  ];
  let record: RolloutRecord | undefined;
  let files: Files = new Map();
  for (const change of changes) {
    const rendered = decided(canary, record, files, change);
    record = rendered.record;
    files = applyChanges(files, rendered.changes);
  }
  if (record === undefined) throw new Error('a member has a record');
  return { canary, record, files };
}

function decided(
  canary: ResolvedCanary,
  before: RolloutRecord | undefined,
  delivered: Files,
  change: Change,
): ReturnType<typeof render> {
  const { revision, configDigest } = canary;
  const ready = {
    state: 'found',
    status: {
      generation: 1,
      observedGeneration: 1,
      desiredReplicas: 1,
      replicas: 1,
      updatedReplicas: 1,
      availableReplicas: 1,
      progressDeadlineExceeded: false,
    },
  } as const;
  const live = { state: 'live', sinceMs: NOW_MS } as const;
  const seen: Observation = {
    source: { commit: 'a'.repeat(40), revision, configDigest },
    tip: 'c'.repeat(40),
    rejected: [],
    primary: ready,
    canary: ready,
    workloads: live,
    traffic: live,
  };
  const base: Files = new Map();
  return render({ canary, before, change, seen, delivered, base, reverts: [], nowMs: NOW_MS });
}

function createCanary(name: string): ResolvedCanary {
  const namespace = `team-${name.slice(-2)}`;
  const canary = `apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: ${name}}
  service: {port: 9080}
  analysis:
    interval: 1m
    threshold: 5
    maxWeight: 50
    stepWeight: 10
    metrics:
      - {name: request-success-rate, thresholdRange: {min: 99}, interval: 1m}
      - {name: request-duration, thresholdRange: {max: 500}, interval: 30s}
`;
  const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: app, image: "example/app:1", ports: [{containerPort: 9080}]}]}
`;
  const files = [
    { path: 'canary.yaml', text: canary },
    { path: 'deployment.yaml', text: deployment },
  ];
  const [resolved] = loadSource(files, { established: new Set() }).canaries;
  if (resolved === undefined) throw new Error('the canary of the benchmark is not in order');
  return resolved;
}
