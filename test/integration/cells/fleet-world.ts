import type { CanaryKey } from '../../../constructs/canary-spec.ts';
import type { JsonObject } from '../../../constructs/manifest.ts';
import { createGitDeliveryBranches } from '../../../engine/adapters/git/git-delivery-branches.ts';
import { GitDeliveryUnion } from '../../../engine/adapters/git/git-delivery-union.ts';
import { branchesOf } from '../../../engine/controller/branches.ts';
import { readStates } from '../../../engine/controller/delivery-state.ts';
import type { Cells, EnginePorts } from '../../../engine/controller/engine-ports.ts';
import { EngineMemory } from '../../../engine/controller/memory.ts';
import { runPass } from '../../../engine/controller/pass.ts';
import type { PassResult } from '../../../engine/controller/result.ts';
import { createSourceInterpreter } from '../../../engine/controller/source-interpreter.ts';
import type { Layout } from '../../../engine/core/cells.ts';
import type { RolloutRecord } from '../../../engine/core/record.ts';
import type { SourceFile } from '../../../engine/ports/source-reader.ts';
import { aStatus } from '../../support/builders.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import type { Remote } from '../../support/git-sandbox.ts';
import { FluxModel } from './flux-model.ts';

const IDENTITY = { name: 'Serin', email: 'serin@localhost' };
const MINUTE_MS = 60_000;

/** An engine with cells and real Git, and a cluster that has whatever its agents have applied. */
export class FleetWorld {
  readonly clock = new FakeClock();
  readonly failing = new Set<string>();
  /** Trees whose agent was asked to look, in order: `BRANCH TREE`. */
  readonly pokes: string[] = [];
  /** Of every canary: failed checks that a rollout ends with. */
  threshold = 1;
  /** Manifests that belong to no canary. */
  readonly others = new Map<string, string>();
  readonly cluster: FluxModel;
  readonly #remote: Remote;
  readonly #url: string;
  readonly #versions = new Map<CanaryKey, number>();
  readonly #interpret = createSourceInterpreter();
  #memory = new EngineMemory();
  #ports: EnginePorts;
  #sourceCommits = 0;

  constructor(remote: Remote, layout: Layout, previous: readonly Layout[] = [], url = remote.url) {
    this.#remote = remote;
    this.#url = url;
    this.cluster = new FluxModel(remote.clone());
    this.#ports = this.#open(layout, previous);
  }

  /** Another engine with another configuration goes on. */
  restart(layout: Layout, previous: readonly Layout[] = []): void {
    this.#memory = new EngineMemory();
    this.#ports = this.#open(layout, previous);
  }

  get ports(): EnginePorts {
    return this.#ports;
  }

  get memory(): EngineMemory {
    return this.#memory;
  }

  release(keys: readonly CanaryKey[], version: number): void {
    for (const key of keys) this.#versions.set(key, version);
    this.#sourceCommits += 1;
  }

  /** The agents have applied everything, a minute passes, and the engine looks. */
  async pass(): Promise<PassResult> {
    await this.settle();
    return this.look();
  }

  /** A minute passes, and the engine looks at what the agents have applied by now. */
  look(): Promise<PassResult> {
    this.clock.advance(MINUTE_MS);
    return runPass(this.#ports, this.#memory);
  }

  async passUntil(holds: () => Promise<boolean>, passesMax = 40): Promise<void> {
    for (let passes = 0; passes < passesMax; passes += 1) {
      if (await holds()) return;
      const { trouble } = await this.pass();
      if (trouble !== undefined) throw new Error(trouble.why);
    }
    throw new Error('it does not come to that');
  }

  async settle(): Promise<void> {
    await this.cluster.reconcileAll(this.branches());
  }

  branches(): readonly string[] {
    const out = this.#remote.git('for-each-ref', '--format=%(refname:short)', 'refs/heads');
    return out.split('\n').filter((line) => line !== '');
  }

  async records(): Promise<ReadonlyMap<CanaryKey, RolloutRecord>> {
    const { delivery } = this.#ports;
    const refreshed = await delivery.refresh();
    const tip = refreshed.kind === 'fresh' ? refreshed.tip : undefined;
    const states = await readStates(delivery, tip);
    return new Map(
      [...states].flatMap(([key, state]) =>
        state.kind === 'sound' && state.record !== undefined ? [[key, state.record]] : [],
      ),
    );
  }

  #open(layout: Layout, previous: readonly Layout[]): EnginePorts {
    const signatories = { author: IDENTITY, committer: IDENTITY, signing: undefined };
    const branches = createGitDeliveryBranches({
      clone: this.#remote.clone(this.#url),
      ...signatories,
    });
    const cells: Cells = {
      layout,
      previous,
      branches,
      syncOf: (branch) => ({
        synced: (layer) => Promise.resolve(this.cluster.synced(branch, layer)),
        poke: (layers) => {
          this.pokes.push(...layers.map((layer) => `${branch} ${layer}`));
          return Promise.resolve();
        },
      }),
    };
    const ready = { state: 'found', status: aStatus() } as const;
    return {
      source: { read: () => Promise.resolve({ kind: 'read', snapshot: this.#snapshot() }) },
      interpret: this.#interpret,
      delivery: new GitDeliveryUnion(branches, () => branchesOf([layout, ...previous], branches)),
      cells,
      workloads: { workload: () => Promise.resolve(ready) },
      sync: cells.syncOf('none'),
      traffic: {
        routing: ({ kind, namespace, name }) => {
          const live = this.cluster.objects.get(`${kind}/${namespace}/${name}`);
          const spec = live?.manifest.spec as JsonObject | undefined;
          return Promise.resolve(
            spec === undefined
              ? { state: 'missing' }
              : { state: 'found', spec, sinceMs: this.clock.nowMs() - MINUTE_MS },
          );
        },
      },
      metrics: {
        measure: ({ namespace, workload }, { name }) => {
          const isBad = this.failing.has(`${namespace}/${workload}`);
          const value = name === 'request-success-rate' ? (isBad ? 90 : 100) : 12;
          return Promise.resolve({ kind: 'value', value, samples: 1200 });
        },
        requests: () => Promise.resolve({ state: 'unmeasured', why: 'not counted here' }),
      },
      webhooks: { call: () => Promise.resolve({ kind: 'ok', status: 202 }) },
      clock: this.clock,
      random: { next: () => 0 },
      logger: { info() {}, warn() {}, error() {} },
    };
  }

  #snapshot() {
    const files = [...this.#versions].flatMap(([key, version]) =>
      sourceFiles(key, version, this.threshold),
    );
    for (const [path, text] of this.others) files.push({ path, text });
    return { commit: String(this.#sourceCommits).padStart(40, '0'), files };
  }
}

function sourceFiles(key: CanaryKey, version: number, threshold: number): readonly SourceFile[] {
  const [namespace = '', name = ''] = key.split('/');
  const canary = `apiVersion: flagger.app/v1beta1
kind: Canary
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: ${name}}
  service: {port: 9080}
  analysis:
    interval: 1m
    threshold: ${threshold}
    maxWeight: 50
    stepWeight: 25
    metrics:
      - {name: request-success-rate, thresholdRange: {min: 99}, interval: 1m}
`;
  return [
    { path: `${namespace}/${name}/canary.yaml`, text: canary },
    { path: `${namespace}/${name}/deployment.yaml`, text: deploymentText(key, version) },
  ];
}

export function deploymentText(key: CanaryKey, version: number): string {
  const [namespace = '', name = ''] = key.split('/');
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: app, image: "example/app:${version}", ports: [{containerPort: 9080}]}]}
`;
}
