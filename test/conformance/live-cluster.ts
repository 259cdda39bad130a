import { parse } from 'yaml';
import type { ApiAnswer, KubernetesApi } from '../../engine/adapters/kubernetes/kubernetes-api.ts';
import { formatInstant } from '../../engine/core/instant.ts';
import type { SimulatedRepository } from '../simulation/simulated-repository.ts';
import { type Fields, fields, list } from './fields.ts';
import { LiveWorkload } from './live-workload.ts';
import { merge } from './scripted-source.ts';
import type { TraceManifest } from './trace.ts';

/** An agent that heals itself puts back what people change by hand. */
const HEALED_AFTER_MS = 5_000;

/** Manifests by their text: most commits change one of many. */
export class Manifests {
  readonly #parsed = new Map<string, TraceManifest>();

  parse(text: string): TraceManifest {
    const known = this.#parsed.get(text) ?? (parse(text) as TraceManifest);
    this.#parsed.set(text, known);
    return known;
  }
}

interface Live {
  readonly text: string;
  readonly committed: TraceManifest;
  readonly createdMs: number;
  /** What somebody did to it by hand, until the agent sees it. */
  edit?: { readonly untilMs: number; readonly object: TraceManifest | undefined };
  changedMs: number;
  generation: number;
  /** Written by the object's own controller or by hand; the agent leaves it alone. */
  status?: unknown;
}

/**
 * An API server whose objects are those of the delivery branch the moment they are pushed, with the
 * controllers that give them their status. It is read through the engine's own adapters.
 */
export class LiveCluster implements KubernetesApi {
  readonly server = 'in memory';
  readonly #repository: SimulatedRepository;
  readonly #nowMs: () => number;
  readonly #manifests: Manifests;
  readonly #objects = new Map<string, Live>();
  readonly #workloads = new Map<string, LiveWorkload>();

  constructor(repository: SimulatedRepository, manifests: Manifests, nowMs: () => number) {
    this.#repository = repository;
    this.#manifests = manifests;
    this.#nowMs = nowMs;
  }

  /** The agent: applies the newest commit and heals what was changed by hand. */
  sync(): void {
    const nowMs = this.#nowMs();
    const present = new Set<string>();
    for (const [path, text] of this.#repository.tip?.files ?? []) {
      if (!/^(workloads|traffic)\//.test(path)) continue;
      const known = this.#objects.get(path);
      present.add(path);
      if (known?.text !== text) this.#apply(path, text, known);
      else if (known.edit !== undefined && known.edit.untilMs <= nowMs) this.#heal(path, known);
    }
    for (const path of this.#objects.keys()) {
      if (present.has(path)) continue;
      this.#objects.delete(path);
      this.#workloads.delete(path);
    }
    this.#autoscale();
  }

  /** An autoscaler may come after what it scales. */
  #autoscale(): void {
    for (const [path, { committed, edit }] of this.#objects) {
      const isFixed = fields(committed['spec'])['replicas'] !== undefined;
      if (edit === undefined && !isFixed) this.#control(path, committed);
    }
  }

  /** The next moment at which something changes by itself. */
  nextMs(): number | undefined {
    const nowMs = this.#nowMs();
    const moments = [
      ...[...this.#workloads.values()].map((workload) => workload.nextMs(nowMs)),
      ...[...this.#objects.values()].map(({ edit }) => edit?.untilMs),
    ];
    return moments
      .filter((moment) => moment !== undefined && moment > nowMs)
      .toSorted((a, b) => (a ?? 0) - (b ?? 0))[0];
  }

  /** Somebody changes a live object by hand, or deletes it. */
  edit(
    kind: string,
    name: string,
    change: (object: TraceManifest) => TraceManifest | undefined,
  ): void {
    const [path, live] = this.#find(kind, name);
    if (path === undefined || live === undefined) return;
    const nowMs = this.#nowMs();
    const object = change(live.edit?.object ?? live.committed);
    live.edit = { untilMs: nowMs + HEALED_AFTER_MS, object };
    live.changedMs = nowMs;
    live.generation += 1;
    if (object === undefined) this.#workloads.delete(path);
    else this.#control(path, object);
  }

  /** A status by hand. One that says nothing is filled in again by its controller. */
  setStatus(kind: string, name: string, status: unknown): void {
    const [, live] = this.#find(kind, name);
    if (live === undefined) return;
    const isEmpty = Object.values(fields(status)).every((value) => list(value).length === 0);
    if (isEmpty) delete live.status;
    else live.status = status;
  }

  get(path: string): Promise<ApiAnswer> {
    const [, plural = '', name = ''] = /\/namespaces\/[^/]+\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
    const found = [...this.#objects].find(
      ([, { committed }]) =>
        `${committed.kind.toLowerCase()}s` === plural && committed.metadata.name === name,
    );
    if (found === undefined) return Promise.resolve({ kind: 'missing' });
    return Promise.resolve(this.#answer(...found));
  }

  create(): Promise<ApiAnswer> {
    return this.#refuse();
  }

  replace(): Promise<ApiAnswer> {
    return this.#refuse();
  }

  mergePatch(): Promise<ApiAnswer> {
    return this.#refuse();
  }

  #refuse(): Promise<ApiAnswer> {
    return Promise.resolve({ kind: 'unknown', why: 'nothing is written here' });
  }

  #answer(path: string, live: Live): ApiAnswer {
    const object = live.edit === undefined ? live.committed : live.edit.object;
    if (object === undefined) return { kind: 'missing' };
    const workload = this.#workloads.get(path);
    if (workload !== undefined) return { kind: 'found', object: workload.object(this.#nowMs()) };
    const { createdMs, changedMs, generation, status } = live;
    const metadata = {
      ...object.metadata,
      uid: path,
      generation,
      creationTimestamp: formatInstant(createdMs),
      managedFields: [{ manager: 'agent', time: formatInstant(changedMs) }],
    };
    return {
      kind: 'found',
      object: { ...object, metadata, status: status ?? acceptedBy(object, generation) },
    };
  }

  #apply(path: string, text: string, known: Live | undefined): void {
    const nowMs = this.#nowMs();
    const committed = this.#manifests.parse(text);
    const isSame =
      known !== undefined &&
      known.edit === undefined &&
      JSON.stringify(known.committed['spec']) === JSON.stringify(committed['spec']);
    this.#objects.set(path, {
      text,
      committed,
      createdMs: known?.createdMs ?? nowMs,
      changedMs: isSame ? known.changedMs : nowMs,
      generation: (known?.generation ?? 0) + (isSame ? 0 : 1),
      ...(known?.status === undefined ? {} : { status: known.status }),
    });
    this.#control(path, committed);
  }

  #heal(path: string, live: Live): void {
    delete live.edit;
    live.changedMs = this.#nowMs();
    live.generation += 1;
    this.#control(path, live.committed);
  }

  #control(path: string, manifest: TraceManifest): void {
    if (manifest.kind !== 'Deployment' && manifest.kind !== 'DaemonSet') return;
    const nowMs = this.#nowMs();
    const scaled = this.#scaled(manifest);
    const known = this.#workloads.get(path);
    if (known === undefined) this.#workloads.set(path, new LiveWorkload(scaled, nowMs));
    else known.apply(scaled, nowMs);
  }

  /** Replicas that are not in Git are an autoscaler's: it gives its minimum. */
  #scaled(manifest: TraceManifest): TraceManifest {
    const spec = fields(manifest['spec']);
    if (spec['replicas'] !== undefined || manifest.kind !== 'Deployment') return manifest;
    const scaler = [...this.#objects.values()].find(({ committed }) => {
      const { scaleTargetRef } = fields(committed['spec']);
      return fields(scaleTargetRef)['name'] === manifest.metadata.name;
    });
    const { minReplicas, minReplicaCount } = fields(scaler?.committed['spec']);
    const replicas = minReplicas ?? minReplicaCount ?? 1;
    return merge(manifest, { spec: { replicas } }) as TraceManifest;
  }

  #find(kind: string, name: string): readonly [string, Live] | readonly [] {
    const found = [...this.#objects].find(
      ([, { committed }]) => committed.kind === kind && committed.metadata.name === name,
    );
    return found ?? [];
  }
}

/** A gateway that accepts every route of its own at once. */
function acceptedBy({ kind, spec }: TraceManifest, observedGeneration: number): unknown {
  if (!kind.endsWith('Route')) return undefined;
  const { parentRefs = [] } = fields(spec);
  const condition = (type: string) => ({
    type,
    status: 'True',
    reason: type,
    message: '',
    observedGeneration,
    lastTransitionTime: formatInstant(0),
  });
  return {
    parents: (parentRefs as readonly Fields[]).map((parentRef) => ({
      parentRef,
      controllerName: 'example.com/gateway',
      conditions: [condition('Accepted'), condition('ResolvedRefs'), condition('Programmed')],
    })),
  };
}
