import { LRUCache } from 'lru-cache';
import type { AlertReceiver } from '../../../constructs/canary-spec.ts';
import { backoffMs } from '../../core/backoff.ts';
import type { Clock, Random } from '../../ports/clock.ts';
import type { Alert, AlertCredentials, Notifier, NotifyOutcome } from '../../ports/notifier.ts';
import { type PostOutcome, postJson } from './post-json.ts';
import { SERVICE_FORMATS } from './registry.ts';
import type { ServiceFormat } from './service.ts';

export interface NotifierOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Of one attempt. */
  readonly deadlineMs?: number;
}

const DEADLINE_MS = 5_000;
/** Chats take about one message a second and say so when more come. */
const ATTEMPTS_MAX = 3;
const BACKOFF = { baseMs: 1_000, capMs: 10_000 };
const RETRY_AFTER_MAX_SECONDS = 30;
/** Runs whose thread is known. Forgetting one starts a new thread and nothing else. */
const THREADS_MAX = 1_000;

/** Posts alerts as each service wants them. */
export class HttpNotifier implements Notifier {
  readonly #options: Required<NotifierOptions>;
  readonly #threads = new LRUCache<string, string>({ max: THREADS_MAX });

  constructor({ deadlineMs = DEADLINE_MS, ...options }: NotifierOptions) {
    this.#options = { ...options, deadlineMs };
  }

  async send(
    alert: Alert,
    receiver: AlertReceiver,
    { address, token }: AlertCredentials,
  ): Promise<NotifyOutcome> {
    if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) {
      return { kind: 'failed', why: 'its address is not a whole http or https address' };
    }
    const written = new URL(address);
    if (written.username !== '' || written.password !== '') {
      return { kind: 'failed', why: 'its address holds a user or a password; a token can be sent' };
    }
    const format = SERVICE_FORMATS[receiver.service];
    const url = format.target?.(written) ?? written;
    const threadKey = JSON.stringify([address, receiver.channel, alert.run]);
    const thread = this.#threads.get(threadKey);
    const post = async (joining: string | undefined) => {
      const body = format.body(alert, receiver, joining);
      const { deadlineMs } = this.#options;
      return this.#post({ url, body, token, proxy: receiver.proxy, deadlineMs });
    };
    const first = read(format, await post(thread));
    const isThreadGone = first.kind === 'failed' && first.isRefusal && thread !== undefined;
    const outcome = isThreadGone ? read(format, await post(undefined)) : first;
    if (outcome.kind === 'failed') return { kind: 'failed', why: outcome.why };
    if (outcome.thread !== undefined && (thread === undefined || isThreadGone)) {
      this.#threads.set(threadKey, outcome.thread);
    }
    return { kind: 'sent' };
  }

  /** Tries again only what was certainly not taken: an alert comes once. */
  async #post(post: Parameters<typeof postJson>[0]): Promise<PostOutcome> {
    const { clock, random } = this.#options;
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await postJson(post);
      if (!isRefusedForNow(outcome) || attempt + 1 >= ATTEMPTS_MAX) return outcome;
      const wanted = outcome.kind === 'answered' ? outcome.retryAfterSeconds : undefined;
      await clock.sleep(
        wanted === undefined
          ? backoffMs(attempt, BACKOFF, random)
          : Math.min(Math.max(0, wanted), RETRY_AFTER_MAX_SECONDS) * 1_000,
      );
    }
  }
}

type Reading =
  | { readonly kind: 'sent'; readonly thread: string | undefined }
  /** `isRefusal`: the service understood the request and did not take the alert. */
  | { readonly kind: 'failed'; readonly why: string; readonly isRefusal: boolean };

function read(format: ServiceFormat, outcome: PostOutcome): Reading {
  if (outcome.kind === 'unanswered') return { kind: 'failed', why: outcome.why, isRefusal: false };
  const { status, answer } = outcome;
  if (status < 200 || status > 299) {
    return { kind: 'failed', why: `HTTP ${status}`, isRefusal: false };
  }
  const { refusal, thread } = format.read?.(answer) ?? {};
  return refusal === undefined
    ? { kind: 'sent', thread }
    : { kind: 'failed', why: refusal, isRefusal: true };
}

function isRefusedForNow(outcome: PostOutcome): boolean {
  if (outcome.kind === 'unanswered') return outcome.isUnheard;
  const { status } = outcome;
  return status === 429 || status === 502 || status === 503;
}
