import { formatInstant } from '../../engine/core/instant.ts';
import { type Fields, fields } from './fields.ts';
import type { TraceManifest } from './trace.ts';

/** How long a container takes from nothing to ready when its annotations say nothing of it. */
const READY_AFTER_MS = 500;
/** The API server's default. */
const PROGRESS_DEADLINE_SECONDS = 600;
/** A DaemonSet's pods: the recordings' cluster had one node. */
const NODES = 1;
/** A surge of 25% rounds up, an absence of 25% down. */
const SHARE = 0.25;

/**
 * A Deployment or DaemonSet with its controller and its pods. The annotations by which the
 * recordings' pods were driven are understood: `lab.ready-delay`, and `lab.unready` with the tracks
 * whose pods never become ready.
 */
export class LiveWorkload {
  #manifest: TraceManifest;
  #generation = 1;
  readonly #createdMs: number;
  /** Pods of the template before, that still answer. */
  #old = 0;
  /** Since when the present pods are on their way. */
  #startedMs: number;
  #readyMs: number;
  /** What the progress deadline is counted from; a template that was out at 0 replicas is complete. */
  #progressMs: number | undefined;

  constructor(manifest: TraceManifest, nowMs: number) {
    this.#manifest = manifest;
    this.#createdMs = nowMs;
    this.#startedMs = nowMs;
    this.#readyMs = nowMs + delayMs(manifest);
    this.#progressMs = desired(manifest) > 0 ? nowMs : undefined;
  }

  apply(manifest: TraceManifest, nowMs: number): void {
    const before = this.#manifest;
    const isSameTemplate = text(templateOf(before)) === text(templateOf(manifest));
    if (isSameTemplate && desired(before) === desired(manifest)) {
      this.#manifest = manifest;
      return;
    }
    this.#generation += 1;
    const available = this.#available(nowMs);
    this.#manifest = manifest;
    if (desired(manifest) === 0) {
      this.#old = 0;
      if (!isSameTemplate) this.#progressMs = undefined;
      return;
    }
    if (isSameTemplate && available >= desired(manifest)) return;
    this.#old = desired(before) === 0 ? 0 : available;
    this.#startedMs = nowMs;
    this.#readyMs = nowMs + delayMs(manifest);
    if (!isSameTemplate) this.#progressMs = nowMs;
  }

  /** The next moment at which its status changes by itself. */
  nextMs(nowMs: number): number | undefined {
    const deadlineMs = this.#deadlineMs();
    const moments = [this.#readyMs, ...(deadlineMs === undefined ? [] : [deadlineMs + 1])];
    return moments
      .filter((moment) => moment > nowMs && Number.isFinite(moment))
      .toSorted((a, b) => a - b)[0];
  }

  object(nowMs: number): Fields {
    const { kind, metadata } = this.#manifest;
    const status = kind === 'DaemonSet' ? this.#daemonSet(nowMs) : this.#deployment(nowMs);
    return {
      ...this.#manifest,
      metadata: {
        ...metadata,
        uid: metadata.name,
        generation: this.#generation,
        creationTimestamp: formatInstant(this.#createdMs),
      },
      status: { observedGeneration: this.#generation, ...status },
    };
  }

  #isReady(nowMs: number): boolean {
    return nowMs >= this.#readyMs;
  }

  #available(nowMs: number): number {
    const wanted = desired(this.#manifest);
    return this.#isReady(nowMs) ? wanted : Math.min(this.#old, wanted);
  }

  #updated(nowMs: number): number {
    const wanted = desired(this.#manifest);
    const isReplacing = !this.#isReady(nowMs) && this.#old > 0;
    return isReplacing ? Math.min(wanted, Math.ceil(wanted * SHARE)) : wanted;
  }

  #deployment(nowMs: number): Fields {
    const wanted = desired(this.#manifest);
    const updated = this.#updated(nowMs);
    const available = this.#available(nowMs);
    const isAvailable = available >= wanted - Math.floor(wanted * SHARE);
    return {
      replicas: updated + (this.#isReady(nowMs) || wanted === 0 ? 0 : this.#old),
      updatedReplicas: updated,
      readyReplicas: available,
      availableReplicas: available,
      conditions: [
        { type: 'Progressing', ...this.#progressing(nowMs) },
        {
          type: 'Available',
          status: isAvailable ? 'True' : 'False',
          reason: isAvailable ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
          lastTransitionTime: formatInstant(this.#startedMs),
          lastUpdateTime: formatInstant(this.#startedMs),
        },
      ],
    };
  }

  #progressing(nowMs: number): Fields {
    const deadlineMs = this.#deadlineMs();
    if (deadlineMs === undefined || this.#isReady(nowMs)) {
      return { status: 'True', reason: 'NewReplicaSetAvailable' };
    }
    return nowMs > deadlineMs
      ? { status: 'False', reason: 'ProgressDeadlineExceeded' }
      : { status: 'True', reason: 'ReplicaSetUpdated' };
  }

  #deadlineMs(): number | undefined {
    if (this.#progressMs === undefined) return undefined;
    const seconds = specOf(this.#manifest)['progressDeadlineSeconds'] ?? PROGRESS_DEADLINE_SECONDS;
    return this.#progressMs + Number(seconds) * 1_000;
  }

  #daemonSet(nowMs: number): Fields {
    const available = this.#available(nowMs);
    return {
      desiredNumberScheduled: desired(this.#manifest),
      currentNumberScheduled: desired(this.#manifest),
      updatedNumberScheduled: desired(this.#manifest),
      numberAvailable: available,
      numberReady: available,
      numberUnavailable: desired(this.#manifest) - available,
    };
  }
}

/** A DaemonSet runs wherever it may; no node carries the label that stands for nowhere. */
function desired(manifest: TraceManifest): number {
  const { replicas = 1 } = specOf(manifest);
  if (manifest.kind !== 'DaemonSet') return Number(replicas);
  const { nodeSelector } = fields(templateOf(manifest)['spec']);
  return Object.keys(fields(nodeSelector)).length > 0 ? 0 : NODES;
}

function delayMs(manifest: TraceManifest): number {
  const { annotations } = fields(templateOf(manifest)['metadata']);
  const { 'lab.unready': unready = 'none', 'lab.ready-delay': delay } = fields(annotations);
  const track = manifest.metadata.name.endsWith('-primary') ? 'primary' : 'canary';
  if (unready === 'both' || unready === track) return Infinity;
  const seconds = /^(\d+)s$/.exec(String(delay))?.[1];
  return seconds === undefined ? READY_AFTER_MS : Number(seconds) * 1_000;
}

function specOf(manifest: TraceManifest): Fields {
  return fields(manifest['spec']);
}

/** Where pods may run is no part of what a DaemonSet releases here. */
function templateOf(manifest: TraceManifest): Fields {
  return fields(specOf(manifest)['template']);
}

function text(value: unknown): string {
  return JSON.stringify(value);
}
