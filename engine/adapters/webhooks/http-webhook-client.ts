import type { Webhook } from '../../../constructs/canary-spec.ts';
import { backoffMs } from '../../core/backoff.ts';
import type { Clock, Random } from '../../ports/clock.ts';
import type { WebhookClient, WebhookOutcome, WebhookPayload } from '../../ports/webhook-client.ts';

export interface WebhookOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Gives an address for a service URL that only the cluster can resolve. */
  readonly resolve?: (url: URL) => URL;
}

/** Flagger takes any status up to 202 for a success, and 203 and above for a failure. */
const STATUS_OK_MAX = 202;
const BACKOFF = { baseMs: 1_000, capMs: 30_000 };
const BODY_SHOWN_MAX = 200;

/**
 * Posts Flagger's payload as JSON; tries again after connection errors, 429 and 5xx but 501. A server
 * that says when is asked then, as long as it does not want more than the longest pause.
 */
export function createWebhookClient(options: WebhookOptions): WebhookClient {
  let unverified: Promise<Send> | undefined;
  const sender = ({ disableTls }: Webhook): Send | Promise<Send> =>
    disableTls ? (unverified ??= unverifiedFetch()) : fetch;
  return {
    async call(webhook, payload) {
      for (let attempt = 0; ; attempt += 1) {
        const { outcome, isTransient, retryAfterMs } = await post(
          await sender(webhook),
          webhook,
          payload,
          options,
        );
        if (outcome.kind === 'ok' || !isTransient || attempt >= webhook.retries) return outcome;
        const pauseMs = retryAfterMs ?? backoffMs(attempt, BACKOFF, options.random);
        await options.clock.sleep(Math.min(pauseMs, BACKOFF.capMs));
      }
    },
  };
}

interface Attempt {
  readonly outcome: WebhookOutcome;
  readonly isTransient: boolean;
  readonly retryAfterMs?: number | undefined;
}

type Send = (url: URL, init: RequestInit) => Promise<Response>;

async function post(
  send: Send,
  webhook: Webhook,
  payload: WebhookPayload,
  { clock, resolve = (url) => url }: WebhookOptions,
): Promise<Attempt> {
  const { metadata } = webhook;
  const body = Object.keys(metadata).length === 0 ? payload : { ...payload, metadata };
  try {
    const response = await send(resolve(new URL(webhook.url)), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(webhook.timeoutMs),
    });
    const { status } = response;
    if (status <= STATUS_OK_MAX) {
      await response.body?.cancel();
      return { outcome: { kind: 'ok', status }, isTransient: false };
    }
    const text = await firstWords(response);
    const isTransient = status === 429 || (status >= 500 && status !== 501);
    const why = `HTTP ${status} ${text}`.trim();
    const retryAfterMs = retryAfter(response, clock.nowMs());
    return { outcome: { kind: 'failed', why }, isTransient, retryAfterMs };
  } catch (error) {
    return { outcome: { kind: 'failed', why: reasonOf(error, webhook) }, isTransient: true };
  }
}

/** The client that takes any certificate is loaded only where one is wanted. */
async function unverifiedFetch(): Promise<Send> {
  const { Agent, fetch: send } = await import('undici');
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  return (url, init) => send(url, { ...(init as object), dispatcher });
}

/** In seconds or as a date. @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function retryAfter({ status, headers }: Response, nowMs: number): number | undefined {
  const written = headers.get('retry-after');
  if (written === null || (status !== 429 && status !== 503)) return undefined;
  const pauseMs = /^\d+$/.test(written) ? Number(written) * 1_000 : Date.parse(written) - nowMs;
  return Number.isFinite(pauseMs) ? Math.max(0, pauseMs) : undefined;
}

/** The beginning of a body, however long it is. */
async function firstWords(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  let text = '';
  const decoder = new TextDecoder();
  while (text.length < BODY_SHOWN_MAX) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value as Uint8Array, { stream: true });
  }
  await reader.cancel();
  return text.slice(0, BODY_SHOWN_MAX).replaceAll(/\s+/g, ' ').trim();
}

function reasonOf(error: unknown, webhook: Webhook): string {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return `no answer within ${webhook.timeoutMs} ms`;
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
