import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { z } from 'zod';

/** Why a metrics server gave no answer: becomes a measurement where it is caught. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
}

export interface Request {
  readonly url: URL;
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string;
  readonly timeoutMs?: number;
  /** The rest of the answer is not waited for once this holds. */
  readonly isComplete?: (text: string) => boolean;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface ExchangeOptions {
  readonly insecureSkipVerify?: boolean;
  /** Values that must not appear in an error, whoever repeats them. */
  readonly hidden?: readonly string[];
}

/** Flagger's. */
const TIMEOUT_MS = 5_000;
const BODY_BYTES_MAX = 4 * 1024 * 1024;
const BODY_SHOWN_MAX = 200;

/**
 * Asks metrics servers. Redirects are not followed: credentials go where the address says, and
 * nowhere else.
 */
export class Exchange {
  readonly #options: ExchangeOptions;

  constructor(options: ExchangeOptions = {}) {
    this.#options = options;
  }

  /**
   * The answer as the schema reads it.
   *
   * @throws Unanswered when there is none, when it is an error, and when it is something else.
   */
  async json<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
    const answer = await this.text(request);
    const parsed = schema.safeParse(parseJson(answer));
    if (parsed.success) return parsed.data;
    throw this.#unanswered(`the answer is not what the API promises: ${this.shown(answer)}`);
  }

  /** @throws Unanswered when there is no answer, or when it is an error. */
  async text(request: Request): Promise<string> {
    const { status, text } = await this.send(request);
    if (status >= 200 && status < 300) return text;
    const why = status >= 300 && status < 400 ? 'a redirect, which is not followed' : '';
    throw this.#unanswered(`HTTP ${status}: ${why || this.shown(text) || 'no reason given'}`);
  }

  /** @throws Unanswered when there is no answer. */
  async send(request: Request): Promise<Answer> {
    try {
      return await exchange(request, this.#options.insecureSkipVerify ?? false);
    } catch (error) {
      throw this.#unanswered(error instanceof Error ? error.message || error.name : String(error));
    }
  }

  /** The beginning of a text, without what is to stay hidden. */
  shown(text: string): string {
    return this.masked(text).slice(0, BODY_SHOWN_MAX).trim();
  }

  /** Without what is to stay hidden, in any form it could be repeated in. */
  masked(text: string): string {
    const forms = (this.#options.hidden ?? []).flatMap((value) => [
      value,
      encodeURIComponent(value),
      Buffer.from(value).toString('base64'),
    ]);
    return forms
      .filter((form) => form.length >= HIDDEN_LENGTH_MIN)
      .toSorted((a, b) => b.length - a.length)
      .reduce((shown, form) => shown.replaceAll(form, '***'), text);
  }

  #unanswered(why: string): Unanswered {
    return new Unanswered(this.masked(why));
  }
}

/** Shorter values are no secrets, and masking them would make messages unreadable. */
const HIDDEN_LENGTH_MIN = 4;

function exchange(request: Request, insecureSkipVerify: boolean): Promise<Answer> {
  const { url, method = 'GET', headers = {}, body, timeoutMs = TIMEOUT_MS } = request;
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const options = { method, signal, rejectUnauthorized: !insecureSkipVerify };
    const outgoing = send(url, options, (incoming) => {
      collect(incoming, request.isComplete).then(resolve, reject);
    });
    outgoing.on('error', (error) =>
      reject(signal.aborted ? new Error(`no answer within ${timeoutMs / 1000} s`) : error),
    );
    for (const [name, value] of Object.entries(headers)) outgoing.setHeader(name, value);
    outgoing.end(body);
  });
}

async function collect(
  incoming: IncomingMessage,
  isComplete: (text: string) => boolean = () => false,
): Promise<Answer> {
  let text = '';
  let bytes = 0;
  incoming.setEncoding('utf8');
  for await (const chunk of incoming) {
    const part = String(chunk);
    text += part;
    bytes += Buffer.byteLength(part);
    if (bytes > BODY_BYTES_MAX) throw new Error('the answer is too large');
    if (isComplete(text)) break;
  }
  return { status: incoming.statusCode ?? 0, text };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A path below an address, which may have a path of its own. */
export function endpoint(
  address: string,
  path: string,
  parameters: Readonly<Record<string, string>> = {},
): URL {
  const url = new URL(address);
  url.pathname = url.pathname.replace(/\/$/, '') + path;
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}
