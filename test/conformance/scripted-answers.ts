import type { MetricCheck, Webhook } from '../../constructs/canary-spec.ts';
import type { Measurement } from '../../engine/core/observation.ts';
import { judgeMetric } from '../../engine/core/verdict.ts';
import type { MetricsSource } from '../../engine/ports/metrics-source.ts';
import type {
  WebhookClient,
  WebhookOutcome,
  WebhookPayload,
} from '../../engine/ports/webhook-client.ts';
import { fields, text } from './fields.ts';
import type { Trace } from './trace.ts';

/** Flagger takes any status up to 202 for a success. */
const STATUS_OK_MAX = 202;
const QUERY_TIMEOUT_SECONDS = 5;

/** The recordings' answers, one list per name; the last of a list repeats. */
export class Answers {
  readonly #lists: Readonly<Record<string, readonly unknown[]>>;
  readonly #taken = new Map<string, number>();

  constructor(lists: Readonly<Record<string, readonly unknown[]>>) {
    this.#lists = lists;
  }

  next(name: string, otherwise: unknown): unknown {
    const answer = this.peek(name, otherwise);
    this.#taken.set(name, (this.#taken.get(name) ?? 0) + 1);
    return answer;
  }

  peek(name: string, otherwise: unknown): unknown {
    const list = this.#lists[name] ?? [];
    return list[this.#taken.get(name) ?? 0] ?? list.at(-1) ?? otherwise;
  }
}

/**
 * Answers metric by metric as the script says. Flagger stops at the first metric that does not
 * pass and asks none after it, while Serin measures them all: an answer that Flagger would not have
 * asked for is given without being used up.
 */
export class ScriptedMetrics implements MetricsSource {
  readonly #answers: Answers;
  readonly #isDown: boolean;
  readonly #http: boolean;
  #evaluation: { readonly atMs: number; hasFailed: boolean } = { atMs: -1, hasFailed: false };

  constructor({ script, input }: Trace) {
    this.#answers = new Answers(script.metrics);
    const { metricsServer, provider = '' } = fields(input.at(-1)?.['spec']);
    this.#isDown = String(metricsServer).endsWith('/down');
    this.#http = String(provider).startsWith('gatewayapi') || provider === 'kubernetes';
  }

  measure(_: unknown, check: MetricCheck, nowMs: number): Promise<Measurement> {
    if (this.#evaluation.atMs !== nowMs) this.#evaluation = { atMs: nowMs, hasFailed: false };
    const name = keyOf(check);
    const answer = this.#evaluation.hasFailed
      ? this.#answers.peek(name, this.#otherwise(name))
      : this.#answers.next(name, this.#otherwise(name));
    const measurement = this.#isDown
      ? ({ kind: 'error', why: 'HTTP 503' } as const)
      : measurementOf(answer, this.#unit(name));
    const isPassed = judgeMetric(check, measurement).verdict === 'pass';
    if (!isPassed) this.#evaluation.hasFailed = true;
    return Promise.resolve(measurement);
  }

  requests(): ReturnType<MetricsSource['requests']> {
    return Promise.resolve({ state: 'unmeasured', why: 'the recordings have no traffic' });
  }

  #otherwise(name: string): unknown {
    if (name === 'request-success-rate') return 100;
    return name === 'request-duration' && this.#http ? 0.05 : 50;
  }

  /** The queries of the HTTP observer answer in seconds. */
  #unit(name: string): number {
    return name === 'request-duration' && this.#http ? 1_000 : 1;
  }
}

/** The recordings' custom queries carry their name in a label. */
function keyOf(check: MetricCheck): string {
  return /lab_key="([^"]+)"/.exec(JSON.stringify(check).replaceAll('\\', ''))?.[1] ?? check.name;
}

function measurementOf(answer: unknown, unit: number): Exclude<Measurement, { kind: 'pending' }> {
  if (answer === 'nodata') return { kind: 'empty', why: 'the query found no series' };
  if (answer === 'NaN') return { kind: 'empty', why: 'the query answered NaN' };
  if (typeof answer === 'number') return { kind: 'value', value: answer * unit };
  const { status, body, delay = 0, value } = fields(answer);
  if (status !== undefined) return { kind: 'error', why: `HTTP ${Number(status)}: ${text(body)}` };
  if (Number(delay) >= QUERY_TIMEOUT_SECONDS) return { kind: 'error', why: 'no answer in time' };
  if (value !== undefined) return measurementOf(value, unit);
  const infinite = /^([+-]?)Inf$/.exec(String(answer));
  if (infinite === null) return { kind: 'error', why: `not an answer: ${String(answer)}` };
  return { kind: 'value', value: infinite[1] === '-' ? -Infinity : Infinity };
}

/** Whether a hook's answer by its index is a yes. */
export function isOpen({ script }: Trace, hook: string, index: number): boolean {
  const list = script.webhooks[hook] ?? [];
  const answer = list[index] ?? list.at(-1) ?? 200;
  return statusOf(answer) <= STATUS_OK_MAX;
}

function statusOf(answer: unknown): number {
  return Number(typeof answer === 'number' ? answer : fields(answer)['status']);
}

/** Answers hook by hook as the script says, and tells who was asked. */
export class ScriptedWebhooks implements WebhookClient {
  readonly #answers: Answers;
  readonly #onCall: (webhook: Webhook, payload: WebhookPayload) => void;

  constructor({ script }: Trace, onCall: (webhook: Webhook, payload: WebhookPayload) => void) {
    this.#answers = new Answers(script.webhooks);
    this.#onCall = onCall;
  }

  call(webhook: Webhook, payload: WebhookPayload): Promise<WebhookOutcome> {
    this.#onCall(webhook, payload);
    const answer = this.#answers.next(webhook.name, 200);
    const status = statusOf(answer);
    const { body } = fields(answer);
    return Promise.resolve(
      status <= STATUS_OK_MAX
        ? { kind: 'ok', status }
        : { kind: 'failed', why: `HTTP ${status} ${text(body)}`.trim() },
    );
  }
}

/** The hooks that a canary's own events go to are told of what happens, not asked. */
export function isAsked(webhook: Webhook): boolean {
  return !['event'].includes(webhook.type);
}
