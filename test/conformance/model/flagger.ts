import { type Fields, fields, list, text } from '../fields.ts';
import { LiveWorkload } from '../live-workload.ts';
import { Answers } from '../scripted-answers.ts';
import { merge } from '../scripted-source.ts';
import type { Trace, TraceManifest } from '../trace.ts';
import { judgeWorkload, type Readiness } from './readiness.ts';

/**
 * One canary as Flagger's control loop treats it, tick by tick: the order of its checks, its
 * counters, its ladders and its gates, as far as routing by Istio and a Deployment go. It is held
 * against the recordings, and stands in for a real Flagger where there is none.
 */

export interface Weights {
  readonly primary: number;
  readonly canary: number;
  readonly isMirrored: boolean;
}

export interface Status {
  readonly phase: string;
  readonly canaryWeight: number;
  readonly failedChecks: number;
  readonly iterations: number;
}

/** What a tick writes, in its order. */
export type Write =
  | { readonly kind: 'status'; readonly status: Status }
  | { readonly kind: 'route'; readonly weights: Weights }
  | { readonly kind: 'primary'; readonly images: readonly string[] }
  | { readonly kind: 'hook'; readonly name: string; readonly phase: string };

const ALL_ON_PRIMARY: Weights = { primary: 100, canary: 0, isMirrored: false };
const STATUS_OK_MAX = 202;

export class Flagger {
  status: Status = { phase: 'Initializing', canaryWeight: 0, failedChecks: 0, iterations: 0 };
  weights: Weights = ALL_ON_PRIMARY;
  spec: Fields;
  /** What it says in its log, as far as anybody waits for it. */
  readonly said: string[] = [];
  #target: TraceManifest;
  #primary: TraceManifest | undefined;
  readonly #pods: LiveWorkload;
  #primaryPods: LiveWorkload | undefined;
  /** Templates as texts. */
  #applied = '';
  #promoted = '';
  readonly #metrics: Answers;
  readonly #hooks: Answers;
  #writes: Write[] = [];
  #nowMs = 0;
  #reconciled = '';

  constructor(spec: Fields, target: TraceManifest, script: Trace['script']) {
    this.spec = spec;
    this.#target = target;
    this.#pods = new LiveWorkload(target, 0);
    this.#metrics = new Answers(script.metrics);
    this.#hooks = new Answers(script.webhooks);
  }

  tick(nowMs: number): readonly Write[] {
    this.#nowMs = nowMs;
    this.#writes = [];
    if (this.spec['suspend'] !== true) this.#advance();
    return this.#writes;
  }

  /** Somebody changes the target: its template, or by hand its replicas. */
  editTarget(change: (target: TraceManifest) => TraceManifest, nowMs: number): void {
    this.#target = change(this.#target);
    this.#pods.apply(this.#target, nowMs);
  }

  /** The target's status, as its controller keeps it. */
  targetStatus(nowMs: number): Fields {
    return fields(this.#pods.object(nowMs)['status']);
  }

  get #template(): string {
    return JSON.stringify(fields(this.#target['spec'])['template']);
  }

  get #analysis(): Fields {
    return fields(this.spec['analysis']);
  }

  #number(name: string): number {
    return Number(this.#analysis[name] ?? 0);
  }

  #advance(): void {
    const { phase } = this.status;
    if (this.#primary === undefined) this.#copyToPrimary(Math.max(1, this.#replicas()));
    if (phase === 'Initializing' && !this.#initialize()) return;
    this.#reconcile();
    const isChanged = this.#isChanged();
    if (this.status.phase === 'Failed') this.#applied = this.#template;
    const isResting = ['Initialized', 'Succeeded', 'Failed'].includes(this.status.phase);
    if (isResting && !isChanged) return;
    if (!this.#isPrimaryReady()) return;
    if (isResting || this.status.phase === 'Waiting') return this.#start();
    const isAnalysing = ['Progressing', 'WaitingPromotion'].includes(this.status.phase);
    if (isAnalysing && isChanged) return this.#restart();
    const canary = this.#readinessOf(this.#pods, 'canaryReadyThreshold');
    if (canary === 'failed') return this.#rollback();
    if (canary === 'ready') this.#run();
  }

  /** Whatever else of the routes differs, the weights are lost with it. */
  #reconcile(): void {
    const wanted = JSON.stringify([this.spec['service'], this.#analysis['match']]);
    if (this.#reconciled !== wanted && this.#reconciled !== '') this.#route(ALL_ON_PRIMARY);
    this.#reconciled = wanted;
  }

  #initialize(): boolean {
    const isAsked = this.spec['skipAnalysis'] !== true;
    if (isAsked && this.#readinessOf(this.#primaryPods, 'primaryReadyThreshold') !== 'ready') {
      return false;
    }
    this.#scale(0);
    this.#route(ALL_ON_PRIMARY);
    this.#applied = this.#template;
    this.#promoted = this.#template;
    this.#write({ phase: 'Initialized', canaryWeight: 0, failedChecks: 0, iterations: 0 });
    return true;
  }

  #isPrimaryReady(): boolean {
    if (this.spec['skipAnalysis'] === true) return true;
    const readiness = this.#readinessOf(this.#primaryPods, 'primaryReadyThreshold');
    if (readiness === 'failed') {
      const isPromoted = ['Promoting', 'Finalising'].includes(this.status.phase);
      if (isPromoted) this.#failPromotion();
      else this.#rollback();
    }
    return readiness === 'ready';
  }

  #readinessOf(pods: LiveWorkload | undefined, threshold: string): Readiness {
    const percent = this.#analysis[threshold] ?? 100;
    const deadlineSeconds = Number(this.spec['progressDeadlineSeconds'] ?? 600);
    if (pods === undefined) return 'waiting';
    const object = pods.object(this.#nowMs);
    const readiness = judgeWorkload(object, Number(percent), deadlineSeconds, this.#nowMs);
    if (readiness === 'failed') this.said.push('a workload exceeded its progress deadline');
    return readiness;
  }

  #failPromotion(): void {
    this.#route({ primary: 0, canary: 100, isMirrored: false });
    this.#write({ ...this.status, phase: 'Failed', canaryWeight: 100 });
    this.#tell('Failed');
  }

  #isChanged(): boolean {
    return this.#template !== this.#promoted && this.#template !== this.#applied;
  }

  #start(): void {
    if (!this.#confirm('confirm-rollout')) {
      if (this.status.phase !== 'Waiting') this.#phase('Waiting');
      return;
    }
    if (this.#replicas() === 0) this.#scale(Math.max(1, replicasOf(this.#primary)));
    this.#begin();
  }

  #begin(): void {
    this.#applied = this.#template;
    this.#write({ phase: 'Progressing', canaryWeight: 0, failedChecks: 0, iterations: 0 });
  }

  #restart(): void {
    this.#route(ALL_ON_PRIMARY);
    this.#begin();
  }

  #run(): void {
    if (this.spec['skipAnalysis'] === true) return this.#skip();
    const { phase } = this.status;
    if (phase === 'Promoting') return this.#shift();
    if (phase === 'Finalising') return this.#finish();
    if (this.#isRollbackAsked()) return this.#rollback();
    const threshold = this.#number('threshold');
    if (this.status.failedChecks >= (threshold > 0 ? threshold : 1)) return this.#rollback();
    if (!this.#analyse()) {
      return this.#write({ ...this.status, failedChecks: this.status.failedChecks + 1 });
    }
    const iterations = this.#number('iterations');
    if (iterations > 0 && list(this.#analysis['match']).length > 0)
      return this.#runTest(iterations);
    if (iterations > 0) return this.#runBlueGreen(iterations);
    return this.#runCanary();
  }

  #isRollbackAsked(): boolean {
    return this.#hooksOf('rollback').some((name) => this.#call(name));
  }

  /** Nothing is measured before the canary has had its first share of anything. */
  #analyse(): boolean {
    const { iterations } = this.status;
    const isMirroring = this.#analysis['mirror'] === true && this.weights.isMirrored;
    if (this.weights.canary === 0 && iterations === 0 && !isMirroring) {
      return this.#hooksOf('pre-rollout').every((name) => this.#call(name));
    }
    return (
      [...this.#hooksOf('rollout')].every((name) => this.#call(name)) &&
      list(this.#analysis['metrics']).every((metric) => this.#isInRange(metric))
    );
  }

  #isInRange(metric: Fields): boolean {
    const name = text(metric['name']);
    const isRate = name === 'request-success-rate';
    const answer = this.#metrics.next(name, isRate ? 100 : 50);
    if (typeof answer !== 'number') return false;
    const value = isRate ? answer : Math.trunc(answer);
    const { min = -Infinity, max = Infinity } = fields(metric['thresholdRange']);
    return value >= Number(min) && value <= Number(max);
  }

  #runTest(iterations: number): void {
    if (this.status.iterations < iterations) {
      this.#route({ primary: 0, canary: 100, isMirrored: false });
      return this.#write({ ...this.status, iterations: this.status.iterations + 1 });
    }
    if (this.#confirmPromotion(iterations)) this.#promote();
  }

  #runBlueGreen(iterations: number): void {
    const done = this.status.iterations;
    if (done < iterations) {
      if (this.#analysis['mirror'] === true && !this.weights.isMirrored) {
        this.#route({ primary: 100, canary: 0, isMirrored: true });
      }
      return this.#write({ ...this.status, iterations: done + 1 });
    }
    if (!this.#confirmPromotion(iterations)) return;
    if (done > iterations) return this.#promote();
    this.#route({ primary: 0, canary: 100, isMirrored: false });
    this.#write({ ...this.status, iterations: iterations + 1 });
  }

  #runCanary(): void {
    const { canary, primary, isMirrored } = this.weights;
    const step = this.#nextStep(canary);
    if (step <= 0) return;
    const isAsked = !isMirrored && this.status.phase !== 'WaitingPromotion';
    if (isAsked && !this.#confirm('confirm-traffic-increase')) return;
    if (canary >= this.#maxWeight()) {
      if (this.#confirmPromotion(0)) this.#promote();
      return;
    }
    if (this.#analysis['mirror'] === true && canary === 0 && !isMirrored) {
      return this.#route({ primary: 100, canary: 0, isMirrored: true });
    }
    const raised = Math.min(100, canary + step);
    this.#route({ primary: Math.max(0, primary - step), canary: raised, isMirrored: false });
    this.#write({ ...this.status, canaryWeight: raised });
  }

  #maxWeight(): number {
    const steps = this.#steps();
    const last = steps.at(-1);
    if (last !== undefined) return Math.min(100, last);
    const maxWeight = this.#number('maxWeight');
    return maxWeight > 0 ? maxWeight : 100;
  }

  #steps(): readonly number[] {
    const steps = this.#analysis['stepWeights'];
    return Array.isArray(steps) ? steps.map(Number) : [];
  }

  #nextStep(canary: number): number {
    const steps = this.#steps();
    const stepWeight = this.#number('stepWeight');
    if (stepWeight > 0 || steps.length === 0) return stepWeight;
    const room = 100 - canary;
    if (room === 0) return 1;
    if (canary === 0) return Math.min(room, steps[0] ?? 0);
    const at = steps.slice(0, -1).indexOf(canary);
    return at < 0 ? room : Math.min(room, (steps[at + 1] ?? 0) - canary);
  }

  #promote(): void {
    this.#copyToPrimary();
    this.#phase('Promoting');
  }

  #shift(): void {
    const step = this.#number('stepWeightPromotion');
    if (step === 0) {
      this.#route(ALL_ON_PRIMARY);
      return this.#finalise();
    }
    if (this.weights.canary === 0) return;
    const canary = Math.max(0, this.weights.canary - step);
    this.#route({ primary: 100 - canary, canary, isMirrored: false });
    if (canary === 0) return this.#finalise();
    this.#write({ ...this.status, canaryWeight: canary });
  }

  #finalise(): void {
    this.#write({ ...this.status, phase: 'Finalising', canaryWeight: 0, iterations: 0 });
  }

  #finish(): void {
    this.#scale(0);
    this.#promoted = this.#applied;
    this.#phase('Succeeded');
    this.#tell('Succeeded');
  }

  #skip(): void {
    this.#route(ALL_ON_PRIMARY);
    this.#copyToPrimary();
    this.#finish();
  }

  #rollback(): void {
    this.#route(ALL_ON_PRIMARY);
    this.#scale(0);
    this.#applied = this.#template;
    this.#write({ phase: 'Failed', canaryWeight: 0, failedChecks: 0, iterations: 0 });
    this.#tell('Failed');
  }

  #tell(phase: string): void {
    this.#hooksOf('post-rollout').every((name) => this.#call(name, phase));
  }

  /** A closed gate before the promotion sets the iterations back, each time it is asked. */
  #confirmPromotion(iterations: number): boolean {
    if (this.#confirm('confirm-promotion')) return true;
    const closed = { ...this.status, iterations: iterations - 1 };
    this.#write({ ...closed, phase: 'WaitingPromotion', canaryWeight: 0 });
    return false;
  }

  #confirm(type: string): boolean {
    return this.#hooksOf(type).every((name) => this.#call(name));
  }

  #hooksOf(type: string): readonly string[] {
    return list(this.#analysis['webhooks'])
      .filter((hook) => (text(hook['type']) || 'rollout') === type)
      .map((hook) => text(hook['name']));
  }

  #call(name: string, phase = this.status.phase): boolean {
    this.#writes.push({ kind: 'hook', name, phase });
    const answer = this.#hooks.next(name, 200);
    return Number(typeof answer === 'number' ? answer : fields(answer)['status']) <= STATUS_OK_MAX;
  }

  #copyToPrimary(replicas = this.#replicas()): void {
    const { metadata } = this.#target;
    const name = `${metadata.name}-primary`;
    const primary = { ...this.#target, metadata: { ...metadata, name } };
    this.#primary = merge(primary, { spec: { replicas } }) as TraceManifest;
    if (this.#primaryPods === undefined) {
      this.#primaryPods = new LiveWorkload(this.#primary, this.#nowMs);
    } else this.#primaryPods.apply(this.#primary, this.#nowMs);
    this.#writes.push({ kind: 'primary', images: imagesOf(this.#target) });
  }

  #replicas(): number {
    return replicasOf(this.#target);
  }

  #scale(replicas: number): void {
    this.#target = merge(this.#target, { spec: { replicas } }) as TraceManifest;
    this.#pods.apply(this.#target, this.#nowMs);
  }

  /** Any phase but these starts with no weight in the status. */
  #phase(phase: string): void {
    const keepsWeight = ['Progressing', 'Waiting', 'Promoting'].includes(phase);
    this.#write({
      ...this.status,
      phase,
      ...(keepsWeight ? {} : { canaryWeight: 0 }),
    });
  }

  #write(status: Status): void {
    this.status = status;
    this.#writes.push({ kind: 'status', status });
  }

  #route(weights: Weights): void {
    this.weights = weights;
    this.#writes.push({ kind: 'route', weights });
  }
}

function replicasOf(manifest: TraceManifest | undefined): number {
  return Number(fields(manifest?.['spec'])['replicas'] ?? 1);
}

function imagesOf(manifest: TraceManifest): readonly string[] {
  const { template } = fields(manifest['spec']);
  return list(fields(fields(template)['spec'])['containers']).map(({ image }) => text(image));
}
