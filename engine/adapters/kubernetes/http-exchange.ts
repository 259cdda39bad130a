import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';

export interface Exchanged {
  readonly status: number;
  readonly text: string;
}

export interface LineListener {
  /** The server has answered with 200: lines follow as they come. */
  readonly opened: () => void;
  readonly line: (text: string) => void;
}

/** An API server that is restarting must not hold a pass for long. */
const DEADLINE_MS = 5_000;
/** Objects the engine reads are a few kilobytes, a page of them at most a few megabytes. */
const BODY_BYTES_MAX = 32 * 1024 * 1024;
/** etcd's own limit is 1.5 MiB for an object. */
const LINE_LENGTH_MAX = 8 * 1024 * 1024;
/** The kernel finds out that the other end is gone some ten seconds after this. */
const KEEP_ALIVE_MS = 15_000;

/** One request and its whole answer. Rejects when there is none within the deadline. */
export async function exchange(
  url: URL,
  options: RequestOptions,
  body: string | undefined,
  type: string,
): Promise<Exchanged> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  try {
    return await textOf(await answerTo(url, { ...options, signal }, body, type));
  } catch (error) {
    throw signal.aborted ? new Error(`no answer within ${DEADLINE_MS / 1000} s`) : error;
  }
}

/**
 * An answer that goes on, line by line, until the server, the network or the signal ends it. Answers
 * with what the server said instead, if it refused; rejects when it did not answer at all.
 */
export async function followLines(
  url: URL,
  options: RequestOptions,
  { opened, line }: LineListener,
  signal: AbortSignal,
): Promise<Exchanged | undefined> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), DEADLINE_MS);
  const either = AbortSignal.any([signal, late.signal]);
  try {
    const incoming = await answerTo(url, { ...options, signal: either });
    if (incoming.statusCode !== 200) return await textOf(incoming);
    clearTimeout(timer);
    incoming.socket.setKeepAlive(true, KEEP_ALIVE_MS);
    opened();
    await eachLine(incoming, line);
    return undefined;
  } catch (error) {
    throw late.signal.aborted ? new Error(`no answer within ${DEADLINE_MS / 1000} s`) : error;
  } finally {
    clearTimeout(timer);
  }
}

function answerTo(
  url: URL,
  options: RequestOptions,
  body?: string,
  type?: string,
): Promise<IncomingMessage> {
  const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
  return new Promise((resolve, reject) => {
    const outgoing = send(url, options, resolve);
    outgoing.on('error', reject);
    outgoing.setHeader('accept', 'application/json');
    if (body !== undefined && type !== undefined) outgoing.setHeader('content-type', type);
    outgoing.end(body);
  });
}

async function textOf(incoming: IncomingMessage): Promise<Exchanged> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return { status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() };
}

/** Ends with the stream, however that ends: what came before is whole. */
async function eachLine(incoming: IncomingMessage, line: (text: string) => void): Promise<void> {
  let rest = '';
  incoming.setEncoding('utf8');
  try {
    for await (const chunk of incoming as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const each of lines) if (each !== '') line(each);
      if (rest.length > LINE_LENGTH_MAX) return;
    }
  } catch (error) {
    if (!isCut(error)) throw error;
  }
}

/** The connection broke, or the caller has had enough. */
function isCut(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ECONNRESET' || code === 'ABORT_ERR' || code === 'ETIMEDOUT' || code === 'EPIPE';
}
