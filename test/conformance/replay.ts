import { createLiveTraffic } from '../../engine/adapters/kubernetes/live-traffic.ts';
import { directReader } from '../../engine/adapters/kubernetes/read-object.ts';
import { createWorkloadReader } from '../../engine/adapters/kubernetes/workload-reader.ts';
import { canaryStatus } from '../../engine/controller/canary-status.ts';
import type { EnginePorts } from '../../engine/controller/engine-ports.ts';
import { EngineMemory } from '../../engine/controller/memory.ts';
import { runPass } from '../../engine/controller/pass.ts';
import type { PassResult } from '../../engine/controller/result.ts';
import { createSourceInterpreter } from '../../engine/controller/source-interpreter.ts';
import { canaryFolders, manifestFileName } from '../../engine/core/paths.ts';
import type { CanaryReport } from '../../engine/ports/status-writer.ts';
import { createDice } from '../simulation/random.ts';
import { recordAt } from '../simulation/invariants.ts';
import { type SimulatedCommit, SimulatedRepository } from '../simulation/simulated-repository.ts';
import { imagesOf } from './fields.ts';
import { type History, HistoryWriter, type Refusal, type State } from './history.ts';
import { LiveCluster, Manifests } from './live-cluster.ts';
import {
  isBeforeRouting,
  ownSubject,
  recordedHistory,
  type Subject,
  subjectsOf,
} from './recorded.ts';
import {
  CookieNames,
  httpRouteIntent,
  NO_ROUTING,
  type RoutingIntent,
  virtualServiceIntent,
} from './routing-intent.ts';
import { isAsked, ScriptedMetrics, ScriptedWebhooks } from './scripted-answers.ts';
import { merge, ScriptedSource } from './scripted-source.ts';
import { type Moment, Script, type Status } from './script.ts';
import type { Trace, TraceAction, TraceManifest } from './trace.ts';

export interface ReplayOptions {
  /** Steps to wait for, for a while, once the script has ended. */
  readonly steps: number;
  /** A new engine for each pass, that knows nothing but what stands in Git. */
  readonly forgetful: boolean;
}

const T0_MS = Date.UTC(2026, 0, 1);
/** How often the engine looks when nothing tells it to. */
const POLL_MS = 2_500;
/** A replay that has not come to its end by then does not come to it. */
const PATIENCE_MS = 180_000;
/** Recordings end with their last step; what Serin does there may take some more. */
const GRACE_MS = 300_000;

/** The source of a trace, and the real engine that delivers it to a cluster that follows at once. */
export class Replay {
  readonly #trace: Trace;
  readonly #own: Subject;
  readonly #repository: SimulatedRepository;
  readonly #cluster: LiveCluster;
  readonly #source: ScriptedSource;
  readonly #script: Script;
  readonly #writers: ReadonlyMap<string, { subject: Subject; writer: HistoryWriter }>;
  readonly #cookies = new CookieNames();
  readonly #manifests = new Manifests();
  readonly #refusals = new Map<string, readonly Refusal[]>();
  readonly #ports: EnginePorts;
  readonly #said: string[] = [];
  readonly #calls = new Map<string, number>();
  #nowMs = T0_MS;
  #endedMs: number | undefined;
  #seen = 0;

  constructor(trace: Trace) {
    this.#trace = trace;
    const nowMs = () => this.#nowMs;
    const dice = createDice(1);
    this.#repository = new SimulatedRepository(dice, nowMs);
    this.#repository.faults = false;
    this.#cluster = new LiveCluster(this.#repository, this.#manifests, nowMs);
    this.#source = new ScriptedSource(trace);
    this.#own = ownSubject(trace);
    const { settleSeconds, moments } = recordedHistory(trace, this.#own);
    this.#script = new Script(trace.script, settleSeconds, moments);
    this.#writers = new Map(
      subjectsOf(trace).map((subject) => [subject.name, { subject, writer: new HistoryWriter() }]),
    );
    const webhooks = new ScriptedWebhooks(trace, (webhook, { name, phase }) => {
      if (!isAsked(webhook)) return;
      if (name === this.#own.name)
        this.#calls.set(webhook.name, (this.#calls.get(webhook.name) ?? 0) + 1);
      this.#writers.get(name)?.writer.hook(webhook.name, phase);
    });
    this.#ports = {
      source: this.#source,
      interpret: createSourceInterpreter(),
      delivery: this.#repository,
      workloads: createWorkloadReader(directReader(this.#cluster)),
      traffic: createLiveTraffic(directReader(this.#cluster)),
      sync: { synced: () => Promise.resolve(this.#synced()), poke: () => Promise.resolve() },
      metrics: new ScriptedMetrics(trace),
      webhooks,
      clock: { nowMs, sleep: () => Promise.resolve() },
      random: dice,
      logger: this.#logger(),
      status: { write: (reports) => this.#tell(reports) },
    };
  }

  /** Runs the engine until the script has come to its end, and gives what each canary went through. */
  async run({ forgetful, steps }: ReplayOptions): Promise<ReadonlyMap<string, History>> {
    const lastMs = T0_MS + (this.#trace.timeline.at(-1)?.t ?? 0) * 1_000 + PATIENCE_MS;
    let memory = new EngineMemory();
    while (this.#nowMs < lastMs && !this.#hasEnded(steps)) {
      if (forgetful) memory = new EngineMemory();
      this.#cluster.sync();
      const result = await runPass(this.#ports, memory);
      this.#note(result);
      const isNews = this.#lookAtCommits();
      if (this.#isRefused()) break;
      this.#nowMs = isNews ? this.#nowMs + 1 : this.#nextMs(result);
    }
    return new Map(
      [...this.#writers].map(([name, { writer }]) => [
        name,
        writer.history(this.#seconds(), this.#refusals.get(name)),
      ]),
    );
  }

  #hasEnded(steps: number): boolean {
    if (!this.#act()) return false;
    this.#endedMs ??= this.#nowMs;
    const isLate = this.#nowMs > this.#endedMs + GRACE_MS;
    return isLate || (this.#writers.get(this.#own.name)?.writer.index ?? 0) + 1 >= steps;
  }

  #seconds(): number {
    return (this.#nowMs - T0_MS) / 1_000;
  }

  #synced() {
    const revision = this.#repository.tip?.id;
    return revision === undefined
      ? ({ state: 'unknown', why: 'nothing delivered yet' } as const)
      : ({ state: 'synced', revision } as const);
  }

  #logger(): EnginePorts['logger'] {
    const say = (message: string, given: object = {}) => {
      this.#said.push(`${message} ${JSON.stringify(given)}`);
    };
    return { info: say, warn: say, error: say };
  }

  #tell(reports: readonly CanaryReport[]): void {
    for (const { canary, events } of reports) {
      const writer = this.#writers.get(canary.split('/')[1] ?? '')?.writer;
      for (const { message } of events) writer?.event(message);
    }
  }

  #note({ canaries, problems }: PassResult): void {
    for (const { result } of canaries) if ('why' in result) this.#said.push(result.why);
    this.#refusals.clear();
    for (const { canary, code, message } of problems) {
      const name = canary?.split('/')[1] ?? '';
      this.#refusals.set(name, [...(this.#refusals.get(name) ?? []), { code, message }]);
    }
  }

  /** The trace's own canary was refused from the start, and nobody is going to change it. */
  #isRefused(): boolean {
    const { actions } = this.#trace.script;
    return this.#refusals.has(this.#own.name) && this.#seen === 0 && actions.length === 0;
  }

  /** Does what is due; true once the script has ended. */
  #act(): boolean {
    for (;;) {
      const action = this.#script.due(this.#status(), this.#said, this.#nowMs, this.#moment());
      if (action === 'end') return true;
      if (action === undefined) return false;
      this.#perform(action);
    }
  }

  #moment(): Moment | undefined {
    const writer = this.#writers.get(this.#own.name)?.writer;
    const state = writer?.last;
    return writer && state && { state, calls: this.#calls, hooks: writer.hooks };
  }

  #status(): Status {
    const { phase = '', weight = 0 } = this.#writers.get(this.#own.name)?.writer.last ?? {};
    return { phase, weight };
  }

  #perform(action: TraceAction): void {
    if (this.#source.perform(action)) return;
    const cluster = this.#cluster;
    switch (action.do) {
      case 'delete':
        return cluster.edit(action.kind, action.name, () => undefined);
      case 'vsweights':
        return cluster.edit('VirtualService', this.#own.apex, (object) =>
          withWeights(object, action.canary),
        );
      case 'patch': {
        const { kind, name, patch, sub } = action;
        if (sub === 'status') return cluster.setStatus(kind, name, patch['status']);
        return cluster.edit(kind, name, (object) => merge(object, patch) as TraceManifest);
      }
      case 'template':
      case 'create':
        throw new Error(`${action.do} is an edit of the source`);
    }
  }

  #lookAtCommits(): boolean {
    const commits = this.#repository.commits.slice(this.#seen);
    this.#seen += commits.length;
    for (const commit of commits) {
      for (const { subject, writer } of this.#writers.values()) {
        const state = this.#stateAt(commit, subject);
        if (state !== undefined) writer.state(state, this.#seconds());
      }
    }
    return commits.length > 0;
  }

  #stateAt(commit: SimulatedCommit, subject: Subject): State | undefined {
    const key = `${this.#trace.scenario}/${subject.name}` as const;
    const record = recordAt(commit, key);
    if (record === undefined) return undefined;
    const { phase, canaryWeight, failedChecks, iterations } = canaryStatus(record);
    const folders = canaryFolders(key);
    const read = (folder: string, kind: string, name: string) => {
      const text = commit.files.get(`${folder}/${manifestFileName(kind, name)}`);
      return text === undefined ? undefined : this.#manifests.parse(text);
    };
    const hasRouting = !isBeforeRouting(phase);
    const { route, intent } = hasRouting
      ? routingOf((kind) => read(folders.traffic, kind, subject.apex), subject.apex)
      : NO_ROUTING;
    const primary = read(folders.workloads, subject.targetKind, `${subject.target}-primary`);
    return {
      phase,
      route,
      intent: this.#cookies.canonical(intent, subject.cookies),
      iterations,
      failedChecks,
      weight: canaryWeight,
      primary: hasRouting ? imagesOf(primary) : '',
    };
  }

  #nextMs({ canaries }: PassResult): number {
    const moments = [
      this.#cluster.nextMs(),
      this.#script.nextMs(),
      ...canaries.map(({ result }) => (result.kind === 'waiting' ? result.untilMs : undefined)),
    ].filter((moment) => moment !== undefined && moment > this.#nowMs);
    return Math.min(this.#nowMs + POLL_MS, ...moments.map(Number));
  }
}

function routingOf(read: (kind: string) => TraceManifest | undefined, apex: string): RoutingIntent {
  const virtualService = read('VirtualService');
  if (virtualService !== undefined) {
    return virtualServiceIntent(virtualService['spec'] as Record<string, unknown>, apex);
  }
  const httpRoute = read('HTTPRoute');
  return httpRoute === undefined
    ? NO_ROUTING
    : httpRouteIntent(httpRoute['spec'] as Record<string, unknown>, apex);
}

/** Somebody sets other weights in every rule. */
function withWeights(object: TraceManifest, canary: number): TraceManifest {
  interface Split {
    readonly http: readonly { readonly route: readonly { destination: { host: string } }[] }[];
  }
  const spec = object['spec'] as Split;
  const http = spec.http.map((rule) => ({
    ...rule,
    route: rule.route.map((each) => ({
      ...each,
      weight: each.destination.host.endsWith('-canary') ? canary : 100 - canary,
    })),
  }));
  return { ...object, spec: { ...spec, http } };
}
