/** What a service answered, or why nothing is known of it. No text here holds an address. */
export type PostOutcome =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly retryAfterSeconds: number | undefined;
      /** The body, where it is JSON. */
      readonly answer: unknown;
    }
  /** `isUnheard`: the service cannot have received it. */
  | { readonly kind: 'unanswered'; readonly why: string; readonly isUnheard: boolean };

export interface Post {
  readonly url: URL;
  readonly body: object;
  readonly token: string | undefined;
  readonly proxy: string | undefined;
  readonly deadlineMs: number;
}

export async function postJson(post: Post): Promise<PostOutcome> {
  const { body, token, deadlineMs } = post;
  try {
    const send = await sender(post);
    const response = await send({
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(deadlineMs),
    });
    const retryAfter = Number.parseInt(response.headers.get('retry-after') ?? '', 10);
    return {
      kind: 'answered',
      status: response.status,
      retryAfterSeconds: Number.isNaN(retryAfter) ? undefined : retryAfter,
      answer: await jsonOf(response),
    };
  } catch (error) {
    return unanswered(error, deadlineMs);
  }
}

type Send = (init: RequestInit) => Promise<Response>;

/** The client that knows proxies is loaded only where there is one. */
async function sender({ url, proxy }: Post): Promise<Send> {
  if (proxy === undefined) return (init) => fetch(url, init);
  const { fetch: send, ProxyAgent } = await import('undici');
  const dispatcher = new ProxyAgent(proxy);
  return async (init) => {
    try {
      const response = await send(url, { ...(init as object), dispatcher });
      const text = await response.text();
      return new Response(text === '' ? null : text, {
        status: response.status,
        headers: [...response.headers],
      });
    } finally {
      await dispatcher.destroy();
    }
  };
}

/** No service has more to say; what a stranger sends is not read to its end. */
const BODY_BYTES_MAX = 64 * 1024;

async function jsonOf(response: Response): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return undefined;
  }
}

/** The connection never came about. */
const UNHEARD = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Messages of errors quote addresses and headers; their codes do not. */
function unanswered(error: unknown, deadlineMs: number): PostOutcome {
  if (error instanceof Error && error.name === 'TimeoutError') {
    const why = `no answer within ${deadlineMs / 1000} s`;
    return { kind: 'unanswered', why, isUnheard: false };
  }
  const code = codeOf(error) ?? codeOf((error as { cause?: unknown } | undefined)?.cause);
  return {
    kind: 'unanswered',
    why: code === undefined ? 'the connection failed' : `the connection failed: ${code}`,
    isUnheard: code !== undefined && UNHEARD.has(code),
  };
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code) ? code : undefined;
}
