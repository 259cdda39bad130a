import type { DeploymentManifest, Texts } from '../../constructs/manifest.ts';
import { digestOf } from '../core/digest.ts';
import type { WorkloadStatus } from '../core/observation.ts';
import type { Clock } from '../ports/clock.ts';
import { Pod } from './pod.ts';

interface Member {
  readonly pod: Pod;
  readonly template: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface DeploymentOptions {
  readonly clock: Clock;
  /** What every pod starts from; its container's own variables come on top. */
  readonly podEnv: Readonly<Record<string, string>>;
  /** What a ConfigMap says, by `namespace/name`; read when a pod starts. */
  readonly config: (key: string) => Texts | undefined;
}

const DEADLINE_SECONDS = 600;

/** What a pod's server understands. Others could steer the Node process that it runs in. */
const POD_VARIABLES = new Set(['VERSION', 'ERROR_RATE', 'LATENCY_MS', 'READY_DELAY_MS', 'CRASH']);

/** A Deployment: as many pods as it asks for, replaced without a moment of fewer ready ones. */
export class PlaygroundDeployment {
  readonly #options: DeploymentOptions;
  #manifest: DeploymentManifest;
  #template = '';
  #members: Member[] = [];
  #generation = 0;
  #serial = 0;
  #progressedMs = 0;
  readonly #createdMs: number;
  #hasCompleted = false;
  #unavailableSinceMs: number | undefined;

  constructor(manifest: DeploymentManifest, options: DeploymentOptions) {
    this.#manifest = manifest;
    this.#options = options;
    this.#createdMs = options.clock.nowMs();
    this.apply(manifest);
  }

  apply(manifest: DeploymentManifest): void {
    if (this.#generation > 0 && digestOf(manifest.spec) === digestOf(this.#manifest.spec)) return;
    this.#manifest = manifest;
    this.#generation += 1;
    const template = digestOf(manifest.spec.template);
    if (template !== this.#template) {
      this.#template = template;
      this.#hasCompleted = false;
      this.#progressedMs = this.#options.clock.nowMs();
    }
    this.#reconcile();
  }

  /** Pods that are ending are not counted, as in Kubernetes. */
  get status(): WorkloadStatus {
    const { clock } = this.#options;
    const seconds = this.#manifest.spec['progressDeadlineSeconds'];
    const deadlineMs = (typeof seconds === 'number' ? seconds : DEADLINE_SECONDS) * 1000;
    const unavailableSinceMs = this.#unavailableSinceMs;
    return {
      generation: this.#generation,
      observedGeneration: this.#generation,
      desiredReplicas: this.#desired,
      replicas: this.#live.length,
      updatedReplicas: this.#updated.length,
      availableReplicas: this.#live.filter(({ pod }) => pod.isReady).length,
      // A template that once was out in full keeps no deadline: a crash later is not progress.
      progressDeadlineExceeded:
        !this.#hasCompleted && clock.nowMs() - this.#progressedMs > deadlineMs,
      ...(unavailableSinceMs === undefined ? {} : { unavailableSinceMs }),
      ...(this.#hasCompleted ? {} : { startingSinceMs: this.#createdMs }),
    };
  }

  /** Ready pods whose labels match a Service's selector. */
  endpoints(selector: Readonly<Record<string, string>>): readonly Pod[] {
    const wanted = Object.entries(selector);
    return this.#members
      .filter(
        ({ pod, labels }) => pod.isReady && wanted.every(([key, value]) => labels[key] === value),
      )
      .map(({ pod }) => pod);
  }

  get pids(): readonly number[] {
    return this.#members.flatMap(({ pod }) => pod.pid ?? []);
  }

  /** Ends the pods as a rollout would: what they are asked already is still answered. */
  async remove(): Promise<void> {
    await Promise.all(this.#members.map(({ pod }) => pod.terminate()));
  }

  /** Ends the pods now. */
  async stop(): Promise<void> {
    await Promise.all(this.#members.map(({ pod }) => pod.kill()));
  }

  get #desired(): number {
    return this.#manifest.spec.replicas ?? 1;
  }

  get #live(): readonly Member[] {
    return this.#members.filter(({ pod }) => !pod.isTerminating);
  }

  get #updated(): readonly Member[] {
    return this.#live.filter(({ template }) => template === this.#template);
  }

  #reconcile(): void {
    const ready = this.#updated.filter(({ pod }) => pod.isReady);
    const waiting = this.#updated.filter(({ pod }) => !pod.isReady);
    for (let count = this.#updated.length; count < this.#desired; count += 1) this.#start();
    this.#retire([...ready, ...waiting].slice(this.#desired));
    if (ready.length >= this.#desired) {
      this.#retire(this.#live.filter(({ template }) => template !== this.#template));
    }
    this.#watch();
  }

  #start(): void {
    this.#serial += 1;
    const { metadata, spec } = this.#manifest;
    const pod = new Pod({
      name: `${metadata.name}-${this.#template.slice(0, 5)}-${this.#serial}`,
      env: { ...this.#options.podEnv, ...this.#containerEnv() },
      clock: this.#options.clock,
      onChange: () => this.#changed(pod),
    });
    const labels = spec.template.metadata?.labels ?? {};
    this.#members.push({ pod, template: this.#template, labels });
  }

  #changed(pod: Pod): void {
    if (pod.isTerminating) return;
    if (pod.isReady) this.#progressedMs = this.#options.clock.nowMs();
    this.#reconcile();
  }

  #retire(members: readonly Member[]): void {
    for (const { pod } of members) {
      void pod.terminate().then(() => {
        this.#members = this.#members.filter((member) => member.pod !== pod);
      });
    }
  }

  /** Completion as the Deployment controller sees it, and its condition `Available`. */
  #watch(): void {
    const desired = this.#desired;
    const available = this.#live.filter(({ pod }) => pod.isReady).length;
    const isComplete =
      this.#updated.length === desired && this.#live.length === desired && available === desired;
    if (isComplete) this.#hasCompleted = true;
    // The default strategy lets a quarter of the pods be missing, rounded down.
    if (available >= desired - Math.floor(desired / 4)) this.#unavailableSinceMs = undefined;
    else this.#unavailableSinceMs ??= this.#options.clock.nowMs();
  }

  /** As the kubelet puts it together: what a ConfigMap says comes first, single variables win. */
  #containerEnv(): Record<string, string> {
    const { metadata, spec } = this.#manifest;
    const configOf = (name: string | undefined) =>
      this.#options.config(`${metadata.namespace ?? 'default'}/${name}`) ?? {};
    const containers = (spec.template.spec?.['containers'] ?? []) as readonly Container[];
    const { env = [], envFrom = [] } = containers[0] ?? {};
    const variables = [
      ...envFrom.flatMap(({ configMapRef }) => Object.entries(configOf(configMapRef?.name))),
      ...env.map(({ name, value, valueFrom }) => {
        const { name: config, key = '' } = valueFrom?.configMapKeyRef ?? {};
        return [name, String(value ?? configOf(config)[key] ?? '')] as const;
      }),
    ];
    return Object.fromEntries(variables.filter(([name]) => POD_VARIABLES.has(name)));
  }
}

interface Container {
  readonly envFrom?: readonly { readonly configMapRef?: { readonly name: string } }[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string | number | boolean;
    readonly valueFrom?: {
      readonly configMapKeyRef?: { readonly name: string; readonly key: string };
    };
  }[];
}
