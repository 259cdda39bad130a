import type { CanaryKey } from '../constructs/canary-spec.ts';
import { loadSource } from '../engine/config/load-source.ts';
import { SAID_NOTHING } from '../engine/core/control.ts';
import type { Change } from '../engine/core/decision.ts';
import { strategyDigestOf } from '../engine/core/steps.ts';
import type { Observation } from '../engine/core/observation.ts';
import type { CommitDraft } from '../engine/ports/delivery-repository.ts';
import type { SourceFile } from '../engine/ports/source-reader.ts';
import { applyChanges, type Files } from '../engine/render/changeset.ts';
import { render } from '../engine/render/render.ts';
import type { ResolvedCanary } from '../engine/render/resolved-canary.ts';
import type { RolloutRecord } from '../engine/core/record.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const STEP_WEIGHT = 10;

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

export interface FleetOptions {
  /** Of the analysis, for example `10s`. */
  readonly interval?: string;
  readonly stepWeight?: number;
  /** Failed checks that a rollout survives, and one. */
  readonly threshold?: number;
  /** The commit that rollouts return to; it needs to exist only where one does. */
  readonly base?: string;
  /** When the decisions before those that are measured were taken. */
  readonly startedMs?: (index: number) => number;
}

/** How the fleet is analysed whose engine is watched. */
export function watchedFleet(intervalMs: number): FleetOptions {
  return { interval: `${intervalMs / 1_000}s`, stepWeight: 1, threshold: 1 };
}

function memberName(index: number): string {
  return `app-${String(index).padStart(5, '0')}`;
}

function namespaceOf(name: string): string {
  return `team-${name.slice(-2)}`;
}

export function memberKey(index: number): CanaryKey {
  const name = memberName(index);
  return `${namespaceOf(name)}/${name}`;
}

export function createFleet(size: number, options: FleetOptions = {}): Fleet {
  const members = Array.from({ length: size }, (_, index) => createMember(index, options));
  return { members, start: filesOf(members, 'start') };
}

/** The same canaries before their rollouts: what these return to. */
export function createRestingFleet(size: number, options: FleetOptions): CommitDraft {
  const members = Array.from({ length: size }, (_, index) => createMember(index, options, true));
  return filesOf(members, 'base');
}

function filesOf(members: readonly Member[], message: string): CommitDraft {
  const changes = members.flatMap(({ files }) =>
    [...files].map(([path, text]) => ({ kind: 'write', path, text }) as const),
  );
  // Without the trailer it would be what somebody else did to the engine's files.
  return { message: `${message}\n\nDecision: ${message}\n`, changes, atMs: NOW_MS };
}

/** The decision that is measured: one weight more, after checks that passed. */
export function advance(member: Member): { readonly draft: CommitDraft; readonly after: Member } {
  const { canary, record, files } = member;
  const next = record.weights.canary + STEP_WEIGHT;
  const checks = canary.spec.analysis.metrics.map(({ name }) => ({
    kind: 'metric' as const,
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
  const { message, changes } = rendered;
  return {
    draft: { message, changes, atMs: NOW_MS },
    after: { canary, record: rendered.record, files: applyChanges(files, changes) },
  };
}

function createMember(index: number, options: FleetOptions, isAtRest = false): Member {
  const canary = createCanary(memberName(index), options);
  const { stepWeight = STEP_WEIGHT, base = 'b'.repeat(40), startedMs = () => NOW_MS } = options;
  const nowMs = startedMs(index);
  const release = { revision: canary.revision, source: 'a'.repeat(40) };
  const { configDigest } = canary;
  const initialization: readonly Change[] = [
    {
      kind: 'create-primary',
      reason: 'new canary',
      release: { ...release, revision: 'before' },
      configDigest,
    },
    { kind: 'open-routing', reason: 'primary ready' },
    { kind: 'initialized', reason: 'all traffic on the primary' },
  ];
  const firstStep: readonly Change[] = [
    {
      kind: 'start',
      reason: 'revision',
      release,
      attempt: 1,
      base,
      configDigest,
      strategyDigest: strategyDigestOf(canary.spec),
    },
    {
      kind: 'advance',
      reason: 'step 1 of 5',
      weights: { primary: 100 - stepWeight, canary: stepWeight },
    },
  ];
  let record: RolloutRecord | undefined;
  let files: Files = new Map();
  for (const change of [...initialization, ...(isAtRest ? [] : firstStep)]) {
    const rendered = decided(canary, record, files, change, nowMs);
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
  nowMs = NOW_MS,
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
  const live = { state: 'live', sinceMs: nowMs } as const;
  const seen: Observation = {
    source: { commit: 'a'.repeat(40), revision, configDigest },
    tip: 'c'.repeat(40),
    rejected: [],
    control: SAID_NOTHING,
    primary: ready,
    canary: ready,
    workloads: live,
    traffic: live,
  };
  const base: Files = new Map();
  return render({ canary, before, change, seen, delivered, base, reverts: [], nowMs });
}

function createCanary(name: string, options: FleetOptions): ResolvedCanary {
  const [resolved] = loadSource(sourceFiles(name, options), { established: new Set() }).canaries;
  if (resolved === undefined) throw new Error('the canary of the benchmark is not in order');
  return resolved;
}

/** What a team writes: the Canary and its Deployment. */
export function sourceFiles(
  name: string,
  { interval = '1m', stepWeight = STEP_WEIGHT, threshold = 5 }: FleetOptions,
): readonly SourceFile[] {
  const namespace = namespaceOf(name);
  const canary = `apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: ${name}}
  service: {port: 9080}
  analysis:
    interval: ${interval}
    threshold: ${threshold}
    maxWeight: 50
    stepWeight: ${stepWeight}
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
  return [
    { path: `${name}/canary.yaml`, text: canary },
    { path: `${name}/deployment.yaml`, text: deployment },
  ];
}
