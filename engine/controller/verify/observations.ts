import type { ControlObservation } from '../../core/control.ts';
import { parseInstant } from '../../core/instant.ts';
import type { ChangeKind } from '../../core/decision.ts';
import type {
  Observation,
  SourceObservation,
  WorkloadObservation,
} from '../../core/observation.ts';
import { parseEvidence } from '../../render/evidence-file.ts';
import type { RejectedRevision, RolloutRecord, StepMoments } from '../../core/record.ts';

export interface DecisionContext {
  readonly before: RolloutRecord | undefined;
  readonly after: RolloutRecord;
  readonly rejected: readonly RejectedRevision[];
  /** What people had written. */
  readonly control: ControlObservation;
  /** What it says it is. */
  readonly decision: string;
  /** The file that came with the commit. */
  readonly evidence: string | undefined;
  /** Revision and source commit that the commit names. */
  readonly named: { readonly revision: string; readonly source: string };
}

/**
 * Everything that may have been seen when a decision was taken: what the evidence says, and where it
 * says nothing a world in which nothing was in the way. What the source wanted is what the commit
 * made of it, or one of the revisions that a rollout is given up for.
 */
export function possibleObservations(context: DecisionContext): readonly Observation[] {
  const { before, after, rejected, control, named } = context;
  const wanted = [
    named,
    ...(before === undefined ? [] : [before.promoted]),
    ...(before?.returned === undefined ? [] : [before.returned]),
    ...rejected.map(({ revision, source }) => ({ revision, source })),
    // What waits for approval is named by the commit that halted it, and by no record.
    { revision: 'another', source: 'another' },
  ];
  const digests = new Set([after.configDigest, before?.configDigest ?? after.configDigest]);
  const isLeaving = LEAVING.has(context.decision);
  const source: Pick<SourceObservation, 'removed'>[] = isLeaving
    ? [{ removed: { target: 'stays' } }, { removed: { target: 'removed' } }, {}]
    : [{}];
  const combinations = wanted.flatMap((release) =>
    [...digests].flatMap((configDigest) =>
      source.map((removal) => ({ ...release, ...removal, configDigest })),
    ),
  );
  return combinations.map(({ source: commit, ...said }) => ({
    source: { ...said, commit },
    tip: after.rollout?.base ?? 'the tip',
    rejected,
    control,
    ...seenInCluster(context),
    moments: momentsOf(before, after),
  }));
}

/** Decisions of a canary that the source may hold no more. */
const LEAVING: ReadonlySet<string> = new Set<ChangeKind>([
  'terminate',
  'move-to-target',
  'return-to-primary',
  'drop-routes',
  'terminated',
  'resume',
  'withdraw',
]);

/** As many as any autoscaler may have been waited for. */
const MANY = 1_000_000;

const READY: WorkloadObservation = {
  state: 'found',
  status: {
    generation: 1,
    observedGeneration: 1,
    desiredReplicas: MANY,
    replicas: MANY,
    updatedReplicas: MANY,
    availableReplicas: MANY,
    progressDeadlineExceeded: false,
  },
};

type Seen = Pick<Observation, 'primary' | 'canary' | 'workloads' | 'traffic' | 'evaluation'>;

function seenInCluster({ evidence }: DecisionContext): Seen {
  const workloads = { state: 'live', sinceMs: 0 } as const;
  const file = evidence === undefined ? undefined : parseEvidence(evidence);
  if (file === undefined) return { primary: READY, canary: READY, workloads, traffic: workloads };
  const { live, effect, checks } = file;
  const sinceMs = parseInstant(live);
  return {
    primary: file.primary,
    canary: file.canaryWorkload,
    workloads,
    traffic:
      sinceMs === undefined
        ? { state: 'behind', why: live }
        : { state: 'live', sinceMs, ...(effect === undefined ? {} : { effect }) },
    ...(checks.length === 0 ? {} : { evaluation: { state: 'made', checks } }),
  };
}

/** What had been seen of the step that was under way; the record alone keeps it. */
function momentsOf(before: RolloutRecord | undefined, after: RolloutRecord): StepMoments {
  if (before?.step === undefined) return {};
  const isNewStep =
    after.weights.canary !== before.weights.canary || after.mirrored !== before.mirrored;
  const written = isNewStep ? after.previousStep : after.step;
  if (written === undefined) return {};
  const { containedMs, appliedMs, effectiveMs } = written;
  return {
    ...(containedMs === undefined ? {} : { containedMs }),
    ...(appliedMs === undefined ? {} : { appliedMs }),
    ...(effectiveMs === undefined ? {} : { effectiveMs }),
  };
}
