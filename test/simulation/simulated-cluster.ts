import assert from 'node:assert/strict';
import type { WorkloadKind } from '../../constructs/canary-spec.ts';
import { type Layer, LAYERS } from '../../constructs/delivery-layers.ts';
import type { JsonObject } from '../../constructs/manifest.ts';
import type { RequestCounts } from '../../engine/core/effect.ts';
import type { LiveRouting, SyncState } from '../../engine/core/liveness.ts';
import type {
  EndpointsObservation,
  Measurement,
  WorkloadObservation,
} from '../../engine/core/observation.ts';
import type {
  EndpointReader,
  LiveTraffic,
  ObjectReference,
  SyncObserver,
  WorkloadReader,
} from '../../engine/ports/cluster.ts';
import type {
  ApexSubject,
  MetricsSource,
  MetricSubject,
} from '../../engine/ports/metrics-source.ts';
import { SimulatedDataPlane } from './simulated-data-plane.ts';
import type { Dice } from './random.ts';
import { drop, keyOf, type Named, SimulatedObjects } from './simulated-objects.ts';
import type { SimulatedCommit, SimulatedRepository } from './simulated-repository.ts';
import { SimulatedWorkloads } from './simulated-workloads.ts';

interface RouteManifest extends Named {
  readonly spec: JsonObject & {
    readonly http: readonly {
      readonly route: readonly { destination: { host: string }; weight: number }[];
    }[];
  };
}

interface Route {
  text: string;
  spec: JsonObject;
  primary: number;
  canary: number;
  sinceMs: number;
}

/** Sync agent, Deployments, mesh and metrics server in memory, each with its own moods. */
export class SimulatedCluster
  implements WorkloadReader, EndpointReader, SyncObserver, LiveTraffic, MetricsSource
{
  faults = true;
  /** No answer since this was set was a fault. */
  answeredAll = true;
  readonly routes = new Map<string, Route>();
  readonly objects = new SimulatedObjects();
  readonly #workloads: SimulatedWorkloads;
  readonly #dice: Dice;
  readonly #repository: SimulatedRepository;
  readonly #nowMs: () => number;
  readonly #dataPlane: SimulatedDataPlane;
  readonly #synced: Record<Layer, SimulatedCommit | undefined> = {
    workloads: undefined,
    traffic: undefined,
    routes: undefined,
  };
  /** The agent waits for the health of what it has applied, and takes nothing newer. */
  #areWorkloadsStuck = false;

  constructor(dice: Dice, repository: SimulatedRepository, nowMs: () => number) {
    this.#dice = dice;
    this.#repository = repository;
    this.#nowMs = nowMs;
    this.#dataPlane = new SimulatedDataPlane(dice, nowMs);
    this.#workloads = new SimulatedWorkloads(dice, {
      nowMs,
      happens: (probability) => this.#happens(probability),
      isUsed: (workload) => this.#isUsed(workload),
    });
  }

  /** The agent looks at the branch, or is busy. */
  tick(): void {
    this.#dataPlane.tick(this.faults);
    if (this.faults) this.#workloads.kill(this.#areWorkloadsStuck ? 0.1 : 0.01);
    this.#workloads.scale(this.faults);
    const { tip } = this.#repository;
    const isStuckNow = this.#areWorkloadsStuck ? 0.8 : 0.05;
    this.#areWorkloadsStuck = this.faults && this.#dice.chance(isStuckNow);
    if (tip === undefined || (this.faults && this.#dice.chance(0.3))) return;
    for (const layer of this.#dice.chance(0.5) ? LAYERS : LAYERS.toReversed()) {
      const isBusy = this.faults && this.#dice.chance(0.1);
      const isStuck = layer === 'workloads' && this.#areWorkloadsStuck;
      if (tip === this.#synced[layer] || isStuck || isBusy) continue;
      this.#synced[layer] = tip;
      this.#sync(layer, tip);
    }
  }

  #sync(layer: Layer, tip: SimulatedCommit): void {
    this.objects.sync(layer, tip);
    const live = [...this.objects.live.values()].map(({ manifest }) => manifest);
    const routes = live.filter(({ kind }) => kind === 'VirtualService');
    for (const name of drop(this.routes, routes)) this.#dataPlane.forget(name);
    this.#workloads.apply(live);
    for (const manifest of routes) this.#route(manifest as RouteManifest);
  }

  synced(layer: Layer): Promise<SyncState> {
    if (this.#happens(0.03)) return Promise.resolve({ state: 'unknown', why: 'simulated' });
    const isSilent = this.#areWorkloadsStuck && layer === 'workloads' && this.faults;
    if (isSilent && this.#dice.chance(0.5)) {
      return Promise.resolve({ state: 'unknown', why: 'the agent is stuck' });
    }
    const revision = this.#synced[layer]?.id;
    return Promise.resolve(
      revision === undefined
        ? { state: 'unknown', why: 'nothing synced yet' }
        : { state: 'synced', revision },
    );
  }

  poke(): Promise<void> {
    if (this.#dice.chance(0.5)) this.tick();
    return Promise.resolve();
  }

  workload(kind: WorkloadKind, namespace: string, name: string): Promise<WorkloadObservation> {
    if (this.#happens(0.03)) return Promise.resolve({ state: 'unknown', why: 'simulated' });
    const status = this.#workloads.status(kind, `${namespace}/${name}`);
    return Promise.resolve(
      status === undefined ? { state: 'missing' } : { state: 'found', status },
    );
  }

  endpoints(namespace: string, service: string): Promise<EndpointsObservation> {
    if (this.#happens(0.03)) return Promise.resolve({ state: 'unknown', why: 'simulated' });
    const ready = this.#workloads.endpoints(`${namespace}/${service.replace(/-canary$/, '')}`);
    return Promise.resolve({ state: 'counted', ready });
  }

  routing({ namespace, name }: ObjectReference): Promise<LiveRouting> {
    if (this.#happens(0.03)) return Promise.resolve({ state: 'unknown', why: 'simulated' });
    const route = this.routes.get(`${namespace}/${name}`);
    if (route === undefined) return Promise.resolve({ state: 'missing' });
    const { spec, sinceMs } = route;
    return Promise.resolve({ state: 'found', spec, sinceMs });
  }

  measure(subject: MetricSubject, check: { readonly name: string }): Promise<Measurement> {
    if (this.#happens(0.03)) return Promise.resolve({ kind: 'error', why: 'simulated' });
    if (this.#happens(0.02)) return Promise.resolve({ kind: 'empty', why: 'simulated' });
    if (this.#happens(0.01)) return Promise.resolve({ kind: 'value', value: Number.NaN });
    if (this.#happens(0.03)) {
      const untilMs = this.#nowMs() + 5_000;
      return Promise.resolve({ kind: 'pending', why: 'watching', untilMs });
    }
    const version = this.#workloads.version(`${subject.namespace}/${subject.workload}`);
    const isBad = version.startsWith('bad') && check.name === 'request-success-rate';
    const good = check.name === 'request-success-rate' ? 99.9 : 40;
    return Promise.resolve({ kind: 'value', value: isBad ? 95 : good, samples: 600 });
  }

  requests({ namespace, apex }: ApexSubject, windowMs: number, endMs: number) {
    if (this.#happens(0.03)) {
      return Promise.resolve<RequestCounts>({ state: 'unmeasured', why: 'simulated' });
    }
    return Promise.resolve(this.#dataPlane.counts(`${namespace}/${apex}`, windowMs, endMs));
  }

  /** The data plane has been seen to follow older weights than the routing object's. */
  isKnownNotToFollow(apex: string): boolean {
    const route = this.routes.get(apex);
    return route !== undefined && this.#dataPlane.isKnownNotToFollow(apex, route.sinceMs);
  }

  /** A target that is there and has no ready pod. */
  isDown(target: string): boolean {
    return this.#workloads.isDown(target);
  }

  #isUsed(workload: string): boolean {
    const route = this.routes.get(workload.replace(/-primary$/, ''));
    if (route === undefined) return false;
    return (workload.endsWith('-primary') ? route.primary : route.canary) > 0;
  }

  #route(manifest: RouteManifest): void {
    const { spec } = manifest;
    const key = keyOf(manifest);
    const text = JSON.stringify(spec);
    if (this.routes.get(key)?.text === text) return;
    const weight = (suffix: string) =>
      spec.http[0]?.route.find(({ destination }) => destination.host.endsWith(suffix))?.weight ??
      Number.NaN;
    const [primary, canary] = [weight('-primary'), weight('-canary')];
    const isFirst = canary > 0 && (this.routes.get(key)?.canary ?? 0) === 0;
    const isInVain = isFirst && this.#workloads.isUnreachable(key);
    assert.ok(!isInVain, `${key} routes to a canary that its Service does not lead to yet`);
    this.routes.set(key, { text, spec, primary, canary, sinceMs: this.#nowMs() });
    this.#dataPlane.route(key, { primary, canary }, this.faults);
  }

  #happens(probability: number): boolean {
    const happens = this.#dice.chance(probability) && this.faults;
    if (happens) this.answeredAll = false;
    return happens;
  }
}
