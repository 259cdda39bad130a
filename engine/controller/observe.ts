import type { CanaryKey } from '../../constructs/canary-spec.ts';
import type { Layer } from '../../constructs/delivery-layers.ts';
import { dueQuestions, isIdle } from '../core/decide.ts';
import { canonicalJson } from '../core/digest.ts';
import type { Edits } from '../core/edits.ts';
import {
  type CommittedRoute,
  type Containment,
  type DeliveredLayer,
  type LiveRouting,
  type SyncState,
  layerLiveness,
  lesserOf,
  trafficLiveness,
} from '../core/liveness.ts';
import type {
  Evaluation,
  Liveness,
  Observation,
  WorkloadObservation,
} from '../core/observation.ts';
import { canaryFolders } from '../core/paths.ts';
import { isAsked, type Question } from '../core/questions.ts';
import { hasNoRoute, type RolloutRecord, type StepMoments } from '../core/record.ts';
import type { SecretReader } from '../ports/secret-reader.ts';
import type { Files } from '../render/changeset.ts';
import type { ResolvedCanary } from '../render/resolved-canary.ts';
import { ask } from './ask.ts';
import { committedRoute, referenceTo } from './committed-route.ts';
import type { SoundState } from './delivery-state.ts';
import type { EnginePorts } from './engine-ports.ts';
import type { EngineMemory } from './memory.ts';
import { momentsOf, observeEffect } from './observe-effect.ts';
import type { ClosedWindow } from './push-gate.ts';
import { observeOrigin } from './observe-origin.ts';
import { observeTrack } from './observe-workload.ts';

/** What one pass knows before it looks at a canary. */
export interface PassContext {
  readonly tip: string | undefined;
  readonly sourceCommit: string;
  readonly sync: Readonly<Record<Layer, SyncState>>;
  readonly memory: EngineMemory;
  readonly secrets: SecretReader;
  /** A pass that is only looked at asks nobody: a hook may start something, or be told for good. */
  readonly asks: 'everybody' | 'nobody';
  /** Why no ordinary decision can be pushed now, if so. */
  readonly closed: ClosedWindow | undefined;
  /** The objects of the source, by the path that they have where they belong to no canary. */
  readonly held: Files;
  /** What somebody else has edited of each canary's files. */
  readonly edits: ReadonlyMap<CanaryKey, Edits>;
}

export interface Observed {
  readonly seen: Observation;
  /** When; what was not due then and was not asked is not due in a decision on this either. */
  readonly clockMs: number;
}

/**
 * Asks the world about one canary. Whatever cannot be answered becomes data: the core decides what
 * not knowing means.
 */
export async function observe(
  ports: EnginePorts,
  context: PassContext,
  canary: ResolvedCanary,
  record: RolloutRecord | undefined,
  { rejected, control }: Pick<SoundState, 'rejected' | 'control'>,
): Promise<Observed> {
  const { clock } = ports;
  const { revision, configDigest, removed } = canary;
  const known = {
    source: {
      commit: context.sourceCommit,
      revision,
      configDigest,
      ...(removed === undefined ? {} : { removed }),
    },
    tip: context.tip,
    rejected,
    control,
  };
  if (record === undefined) {
    const origin = await observeOrigin(ports, context.tip, canary);
    return { seen: { ...known, ...UNSEEN, ...origin }, clockMs: clock.nowMs() };
  }
  if (isIdle(canary.spec, record, known)) {
    return { seen: { ...known, ...UNSEEN }, clockMs: clock.nowMs() };
  }
  const asked = context.memory.asked(canary.key, record, control);
  const seen = {
    ...known,
    ...(await observeCluster(ports, context, canary, record)),
    ...(asked === undefined ? {} : { asked }),
  };
  const clockMs = clock.nowMs();
  const questions = dueQuestions(canary.spec, record, seen, clockMs);
  if (questions.length === 0) return { seen, clockMs };
  const answered = await evaluation(ports, context, canary, record, questions);
  return { seen: { ...seen, evaluation: answered }, clockMs: clock.nowMs() };
}

/**
 * The questions that are due. They are not asked again while a decision on them waits for a push,
 * and an answer that is slow to come is left for a later pass.
 */
async function evaluation(
  ports: EnginePorts,
  { memory, closed, secrets, asks, sourceCommit }: PassContext,
  { key, spec, revision, configDigest }: ResolvedCanary,
  record: RolloutRecord,
  questions: readonly Question[],
): Promise<Evaluation> {
  if (closed !== undefined && memory.queue.of(key, record) !== undefined) {
    return { state: 'pending', why: closed.why, untilMs: closed.opensMs };
  }
  const { clock, patience } = ports;
  if (asks === 'nobody') return unasked(questions, clock.nowMs());
  const source = { commit: sourceCommit, revision, configDigest };
  const asked = await memory.evaluations.ask(
    {
      canary: key,
      subject: canonicalJson([record.decidedAtMs, revision, questions]),
      freshMs: spec.analysis.intervalMs,
      ask: () => ask(ports, { spec, record, source, secrets }, questions),
    },
    clock,
    patience,
  );
  if (asked.kind === 'answered') return asked.answer;
  const why = `no answer yet from ${namesOf(questions)}`;
  return { state: 'pending', why, untilMs: clock.nowMs() + LATE_ANSWER_MS };
}

function unasked(questions: readonly Question[], untilMs: number): Evaluation {
  return { state: 'pending', why: `the next pass asks ${namesOf(questions)}`, untilMs };
}

function namesOf(questions: readonly Question[]): string {
  return questions.filter(isAsked).map(nameOf).join(', ');
}

function nameOf(question: Question): string {
  switch (question.kind) {
    case 'metrics':
      return 'the metrics';
    case 'webhook':
      return question.webhook.name;
    case 'approval':
      return question.check.name;
  }
}

/** Who waits for a late answer is woken by it; this is only for the impatient. */
const LATE_ANSWER_MS = 5_000;

const NOT_ASKED = { state: 'unknown', why: 'not asked' } as const;

/** A canary that is new or at rest needs nothing of the cluster. */
const UNSEEN: ClusterObservation = {
  primary: NOT_ASKED,
  canary: NOT_ASKED,
  workloads: NOT_ASKED,
  traffic: NOT_ASKED,
};

interface ClusterObservation {
  readonly primary: WorkloadObservation;
  readonly canary: WorkloadObservation;
  readonly workloads: Liveness;
  readonly traffic: Liveness;
  readonly moments?: StepMoments;
}

async function observeCluster(
  ports: EnginePorts,
  { tip, sync, memory }: PassContext,
  { key, spec }: ResolvedCanary,
  record: RolloutRecord,
): Promise<ClusterObservation> {
  const folders = canaryFolders(key);
  const deliveredOf = async (layer: Layer, folder: string): Promise<DeliveredLayer> => {
    const state = sync[layer];
    return tip === undefined || state.state === 'unknown'
      ? { layer, sync: state, containment: 'behind' }
      : {
          layer,
          sync: state,
          containment: await ports.delivery.containment(tip, state.revision, folder, layer),
        };
  };
  const [workloads, services, routes] = await Promise.all([
    deliveredOf('workloads', folders.workloads),
    deliveredOf('traffic', folders.traffic),
    deliveredOf('routes', folders.traffic),
  ]);
  const traffic = lesserOf(services, routes);
  const [ofWorkloads, ofTraffic] = await Promise.all([
    occasionOf(ports, tip, folders.workloads, workloads.containment, record.lastTransitionMs),
    occasionOf(ports, tip, folders.traffic, traffic.containment, record.step?.committedMs),
  ]);
  const [primary, canary, route] = await Promise.all([
    observeTrack(ports, memory, { spec, record, track: 'primary', occasion: ofWorkloads }),
    observeTrack(ports, memory, { spec, record, track: 'canary', occasion: ofWorkloads }),
    hasNoRoute(record) ? NO_ROUTE : readRoute(ports, memory, tip, key, ofTraffic),
  ]);
  const notes = memory.step(key, record);
  if (traffic.containment === 'contained') notes.containedMs ??= ports.clock.nowMs();
  const applied = hasNoRoute(record)
    ? layerLiveness(traffic)
    : trafficLiveness(traffic, route.committed, route.live);
  return {
    primary,
    canary,
    workloads: layerLiveness(workloads),
    traffic: await observeEffect(ports, spec, record, notes, applied),
    moments: momentsOf(notes),
  };
}

/**
 * Objects are looked at after the agent that applied them: news of the two may come in any order. A
 * commit that changed the record alone is no occasion to.
 * @param sinceMs of the decision that last meant to change them, whatever the files say
 */
async function occasionOf(
  { delivery }: EnginePorts,
  tip: string | undefined,
  folder: string,
  containment: Containment,
  sinceMs = 0,
): Promise<string | undefined> {
  if (tip === undefined || containment === 'behind') return undefined;
  const [name, ...above] = folder.split('/').toReversed();
  const beside = await delivery.items(tip, above.toReversed().join('/'));
  const id = beside.find((item) => item.name === name)?.id ?? 'none';
  return `${id}@${sinceMs}`;
}

interface Route {
  readonly committed: CommittedRoute | undefined;
  readonly live: LiveRouting;
}

const NO_ROUTE: Route = { committed: undefined, live: { state: 'missing' } };

/** The routing object as it stands in Git, and the same one in the cluster. */
async function readRoute(
  { delivery, traffic }: EnginePorts,
  memory: EngineMemory,
  tip: string | undefined,
  canary: ResolvedCanary['key'],
  occasion: string | undefined,
): Promise<Route> {
  if (tip === undefined) return NO_ROUTE;
  const committed = await committedRoute(delivery, memory, tip, canary);
  if (committed === undefined) return NO_ROUTE;
  return { committed, live: await traffic.routing(referenceTo(committed), occasion) };
}
