import assert from 'node:assert/strict';
import type { WorkloadKind } from '../../constructs/canary-spec.ts';
import { canonicalJson } from '../../engine/core/digest.ts';
import type { WorkloadStatus } from '../../engine/core/observation.ts';
import type { Dice } from './random.ts';
import { drop, keyOf, type Manifest } from './simulated-objects.ts';

interface Workload {
  readonly text: string;
  readonly kind: WorkloadKind;
  readonly version: string;
  /** Grows with each change of what it is to be. */
  readonly generation: number;
  /** What Git says, unless it leaves that to an autoscaler. */
  readonly said: number | undefined;
  replicas: number;
  changedMs: number;
  /** When its pods answer; never, for a version that crashes. */
  readyMs: number;
  /** When its Service leads to them. */
  readonly reachableMs: number;
  /** It has been seen to, by whatever clock. */
  isReached: boolean;
}

interface WorkloadManifest extends Manifest {
  readonly kind: WorkloadKind;
  readonly spec: {
    readonly replicas?: number;
    readonly template: {
      readonly spec: {
        readonly nodeSelector?: object;
        readonly containers: readonly { readonly image: string }[];
      };
    };
  };
}

interface Autoscaler extends Manifest {
  readonly spec: {
    readonly scaleTargetRef: { readonly name: string };
    readonly minReplicas: number;
  };
}

/** Versions are named after what they do: `good-3`, `bad-4` (errors), `dead-5` (never ready). */
const READY_MS = { min: 1_000, max: 20_000 };
/** Now and then a node is full: even good pods need longer than any deadline allows. */
const STUCK_MS = 600_000;
/** Few rollouts come to a promotion while there are faults: those that do are worth one. */
const STUCK = { promoted: 0.5, others: 0.15 } as const;
/** Who tells Services of their pods has lost its watch. */
const LATE_MS = 60_000;
/** A DaemonSet has a pod on each node. */
const NODES = 2;

/** What the world of the workloads is like beside them. */
export interface Surroundings {
  nowMs(): number;
  /** Something goes wrong. */
  happens(probability: number): boolean;
  /** Requests are on their way to a workload by its route. */
  isUsed(workload: string): boolean;
}

/** Deployments and DaemonSets by `namespace/name`, with the autoscalers of the Deployments. */
export class SimulatedWorkloads {
  readonly #workloads = new Map<string, Workload>();
  #least: ReadonlyMap<string, number> = new Map();
  readonly #dice: Dice;
  readonly #world: Surroundings;

  constructor(dice: Dice, world: Surroundings) {
    this.#dice = dice;
    this.#world = world;
  }

  /** What is applied and says what it said before changes nothing, from whatever file it comes. */
  apply(live: readonly Manifest[]): void {
    const workloads = live.filter(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet');
    drop(this.#workloads, workloads);
    for (const manifest of workloads) this.#apply(manifest as WorkloadManifest);
    const scalers = live.filter(({ kind }) => kind === 'HorizontalPodAutoscaler');
    this.#least = new Map(
      scalers.map((manifest) => {
        const { metadata, spec } = manifest as Autoscaler;
        return [`${metadata.namespace}/${spec.scaleTargetRef.name}`, spec.minReplicas];
      }),
    );
  }

  /** Autoscalers come round, sooner or later; one without replicas they leave alone. */
  scale(faults: boolean): void {
    for (const [name, workload] of this.#workloads) {
      const least = this.#least.get(name);
      if (least === undefined || workload.said !== undefined || workload.replicas === 0) continue;
      if (faults && this.#dice.chance(0.6)) continue;
      const wanted = faults ? this.#dice.int(least, least + 2) : least;
      if (wanted !== workload.replicas) workload.changedMs = this.#world.nowMs();
      workload.replicas = wanted;
    }
  }

  /** All pods of a target die, and none comes back. */
  kill(probability: number): void {
    for (const [name, workload] of this.#workloads) {
      if (name.endsWith('-primary') || !this.#dice.chance(probability)) continue;
      workload.readyMs = Infinity;
    }
  }

  version(name: string): string {
    return this.#workloads.get(name)?.version ?? '';
  }

  status(kind: WorkloadKind, name: string): WorkloadStatus | undefined {
    const workload = this.#workloads.get(name);
    return workload?.kind === kind ? this.#status(workload) : undefined;
  }

  /** One that is there and has no ready pod. */
  isDown(name: string): boolean {
    const workload = this.#workloads.get(name);
    return workload !== undefined && this.#status(workload).availableReplicas === 0;
  }

  /** So many pods its Service leads to. */
  endpoints(name: string): number {
    const workload = this.#workloads.get(name);
    if (workload === undefined || this.isUnreachable(name)) return 0;
    const { availableReplicas } = this.#status(workload);
    workload.isReached ||= availableReplicas > 0;
    return availableReplicas;
  }

  /** Its pods are there, and its Service does not lead to them yet. */
  isUnreachable(name: string): boolean {
    const workload = this.#workloads.get(name);
    if (workload === undefined || workload.isReached) return false;
    return this.#world.nowMs() < workload.reachableMs;
  }

  #apply(manifest: WorkloadManifest): void {
    const { kind, spec } = manifest;
    const name = keyOf(manifest);
    const text = canonicalJson(spec);
    const known = this.#workloads.get(name);
    if (known?.text === text) return;
    const version = spec.template.spec.containers[0]?.image.split(':')[1] ?? '';
    const said = kind === 'DaemonSet' ? nodesOf(manifest) : spec.replicas;
    const isPromoted = known !== undefined && name.endsWith('-primary');
    const startedMs =
      this.#world.nowMs() + this.#startupMs(STUCK[isPromoted ? 'promoted' : 'others']);
    this.#workloads.set(name, {
      text,
      kind,
      version,
      generation: (known?.generation ?? 0) + 1,
      said,
      replicas: said ?? this.#unsaid(name, known),
      changedMs: this.#world.nowMs(),
      readyMs: version.startsWith('dead') ? Infinity : startedMs,
      reachableMs: startedMs + (this.#world.happens(0.2) ? LATE_MS : 0),
      // A Service that leads to pods goes on leading to them while they are replaced one by one.
      isReached: known !== undefined && known.replicas > 0 && known.isReached,
    });
  }

  /**
   * Replicas that Git says nothing of stay what the autoscaler made them, but for the moment at which
   * Git lets go of a number: then the API server's default comes in its place.
   */
  #unsaid(name: string, known: Workload | undefined): number {
    if (known?.said === undefined) return known?.replicas ?? 1;
    const isLoss = known.said > 1 && this.#world.isUsed(name);
    assert.ok(!isLoss, `${name} falls from ${known.said} replicas to 1 while it has requests`);
    return 1;
  }

  #startupMs(stuck: number): number {
    return this.#world.happens(stuck) ? STUCK_MS : this.#dice.int(READY_MS.min, READY_MS.max);
  }

  #status({ kind, generation, replicas, readyMs, changedMs }: Workload): WorkloadStatus {
    const ready = this.#world.nowMs() >= readyMs ? replicas : 0;
    const isShort = kind === 'Deployment' && ready < replicas;
    return {
      generation,
      observedGeneration: generation,
      desiredReplicas: replicas,
      replicas,
      updatedReplicas: replicas,
      availableReplicas: ready,
      progressDeadlineExceeded: false,
      ...(isShort ? { unavailableSinceMs: changedMs } : {}),
    };
  }
}

function nodesOf({ spec }: WorkloadManifest): number {
  return Object.keys(spec.template.spec.nodeSelector ?? {}).length === 0 ? NODES : 0;
}
