import type { DeploymentManifest } from '../../constructs/manifest.ts';
import { digestOf } from '../core/digest.ts';
import type { DeploymentStatus } from '../core/observation.ts';
import type { Clock } from '../ports/clock.ts';
import { Pod } from './pod.ts';

interface Member {
  readonly pod: Pod;
  readonly template: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** In-flight requests get this long, in real time, after a pod took its last new one. */
const DRAIN_MS = 300;
const RESTART_MS = 1_000;
const DEADLINE_SECONDS = 600;

/** A Deployment: as many pods as it asks for, replaced without a moment of fewer ready ones. */
export class PlaygroundDeployment {
  #manifest: DeploymentManifest;
  #members: Member[] = [];
  #generation = 0;
  #serial = 0;
  #progressedMs: number;
  #unavailableSinceMs: number | undefined;
  #removed = false;
  readonly #clock: Clock;
  readonly #ending = new Set<Promise<void>>();

  constructor(manifest: DeploymentManifest, clock: Clock) {
    this.#manifest = manifest;
    this.#clock = clock;
    this.#progressedMs = clock.nowMs();
    this.apply(manifest);
  }

  apply(manifest: DeploymentManifest): void {
    if (this.#generation > 0 && digestOf(manifest.spec) === digestOf(this.#manifest.spec)) return;
    this.#manifest = manifest;
    this.#generation += 1;
    this.#progressedMs = this.#clock.nowMs();
    this.#reconcile();
  }

  get status(): DeploymentStatus {
    const desiredReplicas = this.#desired;
    const updated = this.#members.filter(({ template }) => template === this.#template);
    const isComplete = updated.length === desiredReplicas && this.#ready.length >= desiredReplicas;
    const deadline = this.#manifest.spec['progressDeadlineSeconds'];
    const deadlineMs = (typeof deadline === 'number' ? deadline : DEADLINE_SECONDS) * 1000;
    return {
      generation: this.#generation,
      observedGeneration: this.#generation,
      desiredReplicas,
      replicas: this.#members.length,
      updatedReplicas: updated.length,
      availableReplicas: this.#ready.length,
      progressDeadlineExceeded:
        !isComplete && this.#clock.nowMs() - this.#progressedMs > deadlineMs,
      ...(this.#unavailableSinceMs === undefined
        ? {}
        : { unavailableSinceMs: this.#unavailableSinceMs }),
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

  async stop(): Promise<void> {
    this.#removed = true;
    await Promise.all([...this.#members.map(({ pod }) => pod.stop()), ...this.#ending]);
    this.#members = [];
  }

  get #desired(): number {
    return this.#removed ? 0 : (this.#manifest.spec.replicas ?? 1);
  }

  get #template(): string {
    return digestOf(this.#manifest.spec.template);
  }

  get #ready(): readonly Member[] {
    return this.#members.filter(({ pod }) => pod.isReady);
  }

  #reconcile(): void {
    const current = this.#members.filter(
      ({ pod, template }) => template === this.#template && !pod.hasExited,
    );
    for (let count = current.length; count < this.#desired; count += 1) this.#start();
    this.#retire(current.slice(this.#desired));
    const updatedReady = current.filter(({ pod }) => pod.isReady).length;
    if (updatedReady >= this.#desired) {
      this.#retire(this.#members.filter(({ template }) => template !== this.#template));
    }
    this.#watchAvailability();
  }

  #start(): void {
    this.#serial += 1;
    const { metadata, spec } = this.#manifest;
    const template = this.#template;
    const pod = new Pod({
      name: `${metadata.name}-${template.slice(0, 5)}-${this.#serial}`,
      env: containerEnv(spec.template),
      onChange: () => this.#changed(pod),
    });
    this.#members.push({ pod, template, labels: spec.template.metadata?.labels ?? {} });
  }

  #changed(pod: Pod): void {
    if (this.#removed) return;
    if (pod.isReady) this.#progressedMs = this.#clock.nowMs();
    if (pod.hasExited && !pod.draining) {
      this.#members = this.#members.filter((member) => member.pod !== pod);
      setTimeout(() => !this.#removed && this.#reconcile(), RESTART_MS).unref();
      this.#watchAvailability();
      return;
    }
    this.#reconcile();
  }

  #retire(members: readonly Member[]): void {
    for (const { pod } of members) {
      if (pod.draining) continue;
      pod.draining = true;
      const ended = new Promise<void>((resolve) => {
        setTimeout(() => void pod.stop().then(resolve), DRAIN_MS);
      }).then(() => {
        this.#members = this.#members.filter((member) => member.pod !== pod);
        this.#ending.delete(ended);
      });
      this.#ending.add(ended);
    }
  }

  /** As condition `Available`: false while more pods are missing than the strategy allows. */
  #watchAvailability(): void {
    const required = this.#desired - Math.floor(this.#desired / 4);
    if (this.#ready.length >= required) this.#unavailableSinceMs = undefined;
    else this.#unavailableSinceMs ??= this.#clock.nowMs();
  }
}

function containerEnv(template: DeploymentManifest['spec']['template']): Record<string, string> {
  const containers = (template.spec?.['containers'] ?? []) as readonly {
    readonly env?: readonly { readonly name: string; readonly value?: string | number | boolean }[];
  }[];
  const variables = containers[0]?.env ?? [];
  return Object.fromEntries(variables.map(({ name, value }) => [name, String(value ?? '')]));
}
