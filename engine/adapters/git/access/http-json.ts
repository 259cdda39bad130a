import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface JsonRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Certificates to trust beside the usual ones. */
  readonly ca?: string;
}

export interface JsonAnswer {
  readonly status: number;
  /** Absent where the body is no JSON. */
  readonly body: unknown;
}

const DEADLINE_MS = 10_000;
const BODY_BYTES_MAX = 1024 * 1024;

/** One request to a Git host's API; redirects are not followed, for they could lead credentials away. */
export function requestJson(request: JsonRequest): Promise<JsonAnswer> {
  const { method, url, headers, body, ca } = request;
  const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const trust = ca === undefined ? {} : { ca };
    const outgoing = send(url, { method, signal, ...trust }, (incoming) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > BODY_BYTES_MAX) incoming.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, body: parse(Buffer.concat(chunks)) }),
      );
    });
    outgoing.on('error', (error) =>
      reject(
        signal.aborted
          ? new Error(`${url.host} did not answer within ${DEADLINE_MS / 1000} s`)
          : error,
      ),
    );
    const ours = { accept: 'application/json', 'user-agent': 'serin', ...headers };
    for (const [name, value] of Object.entries(ours)) outgoing.setHeader(name, value);
    if (text !== undefined) outgoing.setHeader('content-type', 'application/json');
    outgoing.end(text);
  });
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
