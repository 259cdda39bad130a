import { z } from 'zod';
import { formatInstant } from '../../core/instant.ts';
import type { Clock, Random } from '../../ports/clock.ts';
import type { Leadership, Lease } from '../../ports/lease.ts';
import type { ApiAnswer, KubernetesApi } from './kubernetes-api.ts';

export interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

export interface LeaseSurroundings {
  /** Tells this engine from all others, also from the one before it on the same machine. */
  readonly identity: string;
  readonly clock: Clock;
  /** Goes on while the process is stopped and is never set; who holds the lease is judged by it. */
  readonly monotonic: Clock;
  readonly random: Random;
}

/** The defaults of client-go. */
const DURATION_S = 15;
const RENEW_DEADLINE_MS = 10_000;
const RETRY_MS = 2_000;
const JITTER = 1.2;

/** @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/ */
const LeaseObject = z.looseObject({
  metadata: z.looseObject({ resourceVersion: z.string().default('') }),
  spec: z
    .looseObject({
      holderIdentity: z.string().nullish(),
      leaseDurationSeconds: z.number().nullish(),
      renewTime: z.string().nullish(),
      acquireTime: z.string().nullish(),
      leaseTransitions: z.number().nullish(),
    })
    .prefault({}),
});

type LeaseObject = z.infer<typeof LeaseObject>;

/**
 * Leader election as client-go does it. The times that stand in the lease are for people: a lease
 * has run out once it has not changed for its whole duration before this engine's own eyes.
 * @see https://pkg.go.dev/k8s.io/client-go/tools/leaderelection
 */
export class KubernetesLease implements Lease {
  readonly #api: KubernetesApi;
  readonly #name: LeaseName;
  readonly #with: LeaseSurroundings;
  #tenure: { readonly term: number; readonly renewedMs: number } | undefined;
  #terms = 0;
  /** The lease as this engine last wrote it: nobody else has changed it if it can be replaced. */
  #own: LeaseObject | undefined;
  /** The lease as it was last seen to change. */
  #seen: { readonly version: string; readonly sinceMs: number } | undefined;
  #otherwise: Exclude<Leadership, { kind: 'leading' }> = {
    kind: 'unsettled',
    why: 'the lease has not been read yet',
  };

  constructor(api: KubernetesApi, name: LeaseName, surroundings: LeaseSurroundings) {
    this.#api = api;
    this.#name = name;
    this.#with = surroundings;
  }

  leadership(): Leadership {
    const { identity, monotonic } = this.#with;
    const term = this.#termAt(monotonic.nowMs());
    return term === undefined ? this.#otherwise : { kind: 'leading', identity, term };
  }

  async campaign(signal: AbortSignal): Promise<void> {
    const { monotonic, random } = this.#with;
    while (!signal.aborted) {
      await this.attempt();
      const isLeading = this.leadership().kind === 'leading';
      await monotonic.sleep(RETRY_MS * (isLeading ? 1 : 1 + JITTER * random.next()), signal);
    }
    await this.#release();
  }

  /** Takes or renews the lease, if that is possible now. */
  async attempt(): Promise<void> {
    if (await this.#renewUnread()) return;
    const answer = await this.#api.get(this.#path());
    if (answer.kind === 'missing') return this.#create();
    const found = this.#read(answer);
    if (found !== undefined) await this.#takeOrRenew(found);
  }

  /** As long as nobody else touches the lease, it need not be read to be renewed. */
  async #renewUnread(): Promise<boolean> {
    const own = this.#own;
    if (own === undefined || this.leadership().kind !== 'leading') return false;
    const sentMs = this.#with.monotonic.nowMs();
    const spec = { ...own.spec, ...this.#held(this.#microTime()) };
    const answer = await this.#api.replace(this.#path(), { ...own, spec });
    if (answer.kind === 'conflict' || answer.kind === 'missing') return false;
    this.#written(answer, sentMs);
    return true;
  }

  /** The term that is still good at a moment: a lease that was not renewed in time has lapsed. */
  #termAt(nowMs: number): number | undefined {
    const tenure = this.#tenure;
    const isGood = tenure !== undefined && nowMs - tenure.renewedMs < RENEW_DEADLINE_MS;
    return isGood ? tenure.term : undefined;
  }

  async #create(): Promise<void> {
    const { namespace, name } = this.#name;
    const sentMs = this.#with.monotonic.nowMs();
    const now = this.#microTime();
    const spec = { ...this.#held(now), acquireTime: now, leaseTransitions: 0 };
    const metadata = { namespace, name };
    const object = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
    this.#written(await this.#api.create(this.#folder(), object), sentMs);
  }

  async #takeOrRenew(found: LeaseObject): Promise<void> {
    const { identity, monotonic } = this.#with;
    const holder = found.spec.holderIdentity ?? '';
    const nowMs = monotonic.nowMs();
    if (holder !== '' && holder !== identity && !this.#hasRunOut(found, nowMs)) {
      return this.#lose({ kind: 'following', leader: holder });
    }
    const now = this.#microTime();
    const acquireTime = found.spec.acquireTime ?? now;
    const transitions = found.spec.leaseTransitions ?? 0;
    const terms =
      holder === identity
        ? { acquireTime, leaseTransitions: transitions }
        : { acquireTime: now, leaseTransitions: transitions + 1 };
    const spec = { ...found.spec, ...this.#held(now), ...terms };
    this.#written(await this.#api.replace(this.#path(), { ...found, spec }), nowMs);
  }

  #hasRunOut({ metadata, spec }: LeaseObject, nowMs: number): boolean {
    const version = `${spec.holderIdentity} ${spec.renewTime} ${metadata.resourceVersion}`;
    if (this.#seen?.version !== version) this.#seen = { version, sinceMs: nowMs };
    const durationMs = (spec.leaseDurationSeconds ?? DURATION_S) * 1_000;
    return nowMs - this.#seen.sinceMs >= durationMs;
  }

  /** Counted from before the request was sent: others count from after they saw its effect. */
  #written(answer: ApiAnswer, sentMs: number): void {
    this.#own = answer.kind === 'found' ? LeaseObject.safeParse(answer.object).data : undefined;
    switch (answer.kind) {
      case 'found':
        this.#tenure = { term: this.#termAt(sentMs) ?? (this.#terms += 1), renewedMs: sentMs };
        return this.#unsettle('the lease was not renewed in time');
      case 'conflict':
        return this.#lose({ kind: 'unsettled', why: 'another engine changed the lease first' });
      case 'missing':
        return this.#lose({ kind: 'unsettled', why: `there is no ${this.#path()} to write` });
      case 'unknown':
        return this.#unsettle(answer.why);
    }
  }

  async #release(): Promise<void> {
    const wasLeading = this.#tenure !== undefined;
    this.#lose({ kind: 'unsettled', why: 'this engine has ended' });
    if (!wasLeading) return;
    const found = this.#read(await this.#api.get(this.#path()));
    if (found?.spec.holderIdentity !== this.#with.identity) return;
    const now = this.#microTime();
    const released = { holderIdentity: '', leaseDurationSeconds: 1, renewTime: now };
    const spec = { ...found.spec, ...released, acquireTime: now };
    await this.#api.replace(this.#path(), { ...found, spec });
  }

  #read(answer: ApiAnswer): LeaseObject | undefined {
    if (answer.kind !== 'found') {
      this.#unsettle(answer.kind === 'unknown' ? answer.why : answer.kind);
      return undefined;
    }
    const parsed = LeaseObject.safeParse(answer.object);
    if (!parsed.success) this.#unsettle(`${this.#path()} does not read as a Lease`);
    return parsed.data;
  }

  /** A lease that is held stays held, until it lapses. */
  #unsettle(why: string): void {
    this.#otherwise = { kind: 'unsettled', why };
  }

  #lose(otherwise: Exclude<Leadership, { kind: 'leading' }>): void {
    this.#tenure = undefined;
    this.#otherwise = otherwise;
  }

  #held(now: string) {
    const { identity } = this.#with;
    return { holderIdentity: identity, leaseDurationSeconds: DURATION_S, renewTime: now };
  }

  /** The API server takes times of a lease with exactly six digits after the point. */
  #microTime(): string {
    return formatInstant(this.#with.clock.nowMs()).replace(/Z$/, '000Z');
  }

  #folder(): string {
    return `/apis/coordination.k8s.io/v1/namespaces/${this.#name.namespace}/leases`;
  }

  #path(): string {
    return `${this.#folder()}/${this.#name.name}`;
  }
}
