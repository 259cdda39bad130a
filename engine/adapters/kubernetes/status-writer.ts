import { z } from 'zod';
import type { CanaryKey } from '../../../constructs/canary-spec.ts';
import { canonicalJson } from '../../core/digest.ts';
import { formatInstant } from '../../core/instant.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ObjectReference } from '../../ports/cluster.ts';
import type { Logger } from '../../ports/logger.ts';
import type {
  CanaryEvent,
  CanaryReport,
  CanaryStatus,
  StatusWriter,
} from '../../ports/status-writer.ts';
import type { KubernetesApi } from './kubernetes-api.ts';
import { type ObjectReader, pathOf } from './read-object.ts';

const MANAGER = 'serin';
const API_VERSION = 'flagger.app/v1beta1';
/** Canaries that are written at the same time. */
const CONCURRENCY = 8;
/** Somebody may have replaced the object, status and all. */
const LOOK_AGAIN_MS = 60_000;
/** For as long an API server that is away is asked for one canary after the other. */
const PATIENCE_MS = 2_000;
/** Events that wait for an object that the agent has not applied yet. */
const EVENTS_KEPT = 20;
const MESSAGE_LENGTH = 1_000;
/**
 * Of the ordinary events of one canary so many are told at once, and another one every five minutes, as
 * Kubernetes' own recorder does it: an analysis of a thousand iterations must not fill etcd.
 *
 * @see https://pkg.go.dev/k8s.io/client-go/tools/record#EventSourceObjectSpamFilter
 */
const EVENTS_AT_ONCE = 25;
const EVENT_PAUSE_MS = 300_000;

const Canary = z.object({
  metadata: z.object({ uid: z.string(), resourceVersion: z.string().default('') }),
  status: z.record(z.string(), z.unknown()).default({}),
});

const LiveCondition = z.object({
  type: z.string(),
  status: z.string(),
  lastTransitionTime: z.string(),
});

type Canary = z.infer<typeof Canary>;

/** What stands in a Canary object already, and when that was last looked at. */
interface Written {
  readonly status: string;
  readonly atMs: number;
}

/** How many ordinary events of a canary may still be told. */
interface Allowance {
  readonly events: number;
  readonly atMs: number;
}

interface WriterSurroundings {
  readonly api: KubernetesApi;
  readonly objects: ObjectReader;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Keeps the status of Canary objects as Flagger would, and tells their events. In the background: of a
 * canary that is reported again before its turn comes the newer status is written alone.
 */
export class KubernetesStatusWriter implements StatusWriter {
  readonly #api: KubernetesApi;
  readonly #objects: ObjectReader;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #written = new Map<CanaryKey, Written>();
  readonly #untold = new Map<CanaryKey, readonly CanaryEvent[]>();
  readonly #allowances = new Map<CanaryKey, Allowance>();
  readonly #due = new Map<CanaryKey, CanaryStatus>();
  #writing: Promise<void> | undefined;
  #complained: string | undefined;

  constructor({ api, objects, clock, logger }: WriterSurroundings) {
    this.#api = api;
    this.#objects = objects;
    this.#clock = clock;
    this.#logger = logger;
  }

  write(reports: readonly CanaryReport[]): void {
    for (const report of reports) {
      const { canary, status, events } = report;
      const told = events.filter((event) => this.#isAllowed(canary, event));
      const untold = [...(this.#untold.get(canary) ?? []), ...told].slice(-EVENTS_KEPT);
      if (untold.length > 0) this.#untold.set(canary, untold);
      if (this.#isDue(report)) this.#due.set(canary, status);
    }
    if (this.#due.size > 0) this.#writing ??= this.#writeDue();
  }

  /** Everything that was reported is shown, or has been given up. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  /** What is given up is due again when it is reported next. */
  async #writeDue(): Promise<void> {
    const startedMs = this.#clock.nowMs();
    let trouble: string | undefined;
    while (this.#due.size > 0) {
      const some = [...this.#due].slice(0, CONCURRENCY);
      for (const [canary] of some) this.#due.delete(canary);
      const troubles = await Promise.all(
        some.map(([canary, status]) => this.#show(canary, status).catch(String)),
      );
      trouble = troubles.find((why) => why !== undefined) ?? trouble;
      if (trouble !== undefined && this.#clock.nowMs() - startedMs > PATIENCE_MS) this.#due.clear();
    }
    this.#writing = undefined;
    this.#complain(trouble);
  }

  #isAllowed(canary: CanaryKey, { type }: CanaryEvent): boolean {
    if (type === 'Warning') return true;
    const nowMs = this.#clock.nowMs();
    const { events, atMs } = this.#allowances.get(canary) ?? {
      events: EVENTS_AT_ONCE,
      atMs: nowMs,
    };
    const refilled = Math.min(EVENTS_AT_ONCE, events + (nowMs - atMs) / EVENT_PAUSE_MS);
    const isAllowed = refilled >= 1;
    this.#allowances.set(canary, { events: refilled - (isAllowed ? 1 : 0), atMs: nowMs });
    return isAllowed;
  }

  #isDue({ canary, status }: CanaryReport): boolean {
    const written = this.#written.get(canary);
    return (
      written?.status !== canonicalJson(status) ||
      this.#clock.nowMs() - written.atMs >= LOOK_AGAIN_MS ||
      this.#untold.has(canary)
    );
  }

  /** Says what went wrong. An object that is not there comes with the delivery branch. */
  async #show(canary: CanaryKey, status: CanaryStatus): Promise<string | undefined> {
    const read = await this.#objects.read(referenceTo(canary), Canary);
    if (read.state === 'missing') return undefined;
    if (read.state === 'unknown') return read.why;
    return (
      (await this.#bringUpToDate(canary, read.object, status)) ??
      (await this.#tell(canary, read.object))
    );
  }

  /** One patch, whole: a status without conditions makes Argo CD's health script fail. */
  async #bringUpToDate(
    canary: CanaryKey,
    live: Canary,
    status: CanaryStatus,
  ): Promise<string | undefined> {
    const wanted = keepTransitionTimes(status, live);
    if (!holds(live, wanted)) {
      const path = `${pathOf(referenceTo(canary))}/status`;
      const answer = await this.#api.mergePatch(path, { status: wanted }, MANAGER);
      if (answer.kind === 'unknown') return answer.why;
      if (answer.kind !== 'found') return `${canary} could not be patched: ${answer.kind}`;
    }
    this.#written.set(canary, { status: canonicalJson(status), atMs: this.#clock.nowMs() });
    return undefined;
  }

  async #tell(canary: CanaryKey, live: Canary): Promise<string | undefined> {
    const untold = this.#untold.get(canary) ?? [];
    this.#untold.delete(canary);
    const [namespace] = canary.split('/');
    for (const event of untold) {
      const path = `/api/v1/namespaces/${namespace}/events`;
      const answer = await this.#api.create(path, eventObject(canary, live, event));
      if (answer.kind === 'unknown') return answer.why;
    }
    return undefined;
  }

  /** Once per trouble, not once per pass. */
  #complain(why: string | undefined): void {
    if (why !== undefined && this.#complained === undefined) {
      this.#logger.warn('the status of canaries could not be written', { why });
    }
    this.#complained = why;
  }
}

function referenceTo(canary: CanaryKey): ObjectReference {
  const [namespace = '', name = ''] = canary.split('/');
  return { apiVersion: API_VERSION, kind: 'Canary', namespace, name };
}

/** A condition changes when its status does; that its reason changes does not move it. */
function keepTransitionTimes(status: CanaryStatus, live: Canary): CanaryStatus {
  const known = z.array(LiveCondition).safeParse(live.status['conditions']).data ?? [];
  const conditions = status.conditions.map((condition) => {
    const same = known.find(
      ({ type, status: value }) => type === condition.type && value === condition.status,
    );
    return same === undefined
      ? condition
      : { ...condition, lastTransitionTime: same.lastTransitionTime };
  });
  return { ...status, conditions };
}

function holds(live: Canary, wanted: CanaryStatus): boolean {
  return Object.entries(wanted).every(
    ([field, value]) => canonicalJson(live.status[field]) === canonicalJson(value),
  );
}

/** @see https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
function eventObject(canary: CanaryKey, { metadata }: Canary, event: CanaryEvent): unknown {
  const [namespace, name] = canary.split('/');
  const { uid, resourceVersion } = metadata;
  const time = formatInstant(event.atMs).replace(/\.\d+Z$/, 'Z');
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { generateName: `${name}.`, namespace },
    involvedObject: {
      apiVersion: API_VERSION,
      kind: 'Canary',
      namespace,
      name,
      uid,
      resourceVersion,
    },
    reason: 'Synced',
    type: event.type,
    message: event.message.slice(0, MESSAGE_LENGTH),
    source: { component: MANAGER },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
}
