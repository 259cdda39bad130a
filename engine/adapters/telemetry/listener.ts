import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ProblemError } from '../../core/errors.ts';

export interface ListenerOptions {
  readonly host: string | undefined;
  readonly port: number;
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** What waits for a push, as plain data. */
  queue(): unknown;
  /** Why the engine is not ready, or nothing when it is. */
  unreadiness(): string | undefined;
}

export interface Listener {
  /** Where it listens; the port is the real one where 0 was asked for. */
  readonly address: string;
  stop(): Promise<void>;
}

/** Scrapes and probes are short; nobody else has business here. */
const CONNECTIONS_MAX = 64;
const REQUEST_MS = 10_000;

/** Serves `/metrics`, `/queue`, `/healthz` and `/readyz`. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { host, port } = options;
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS });
  server.maxConnections = CONNECTIONS_MAX;
  server.on('request', (incoming, outgoing) => {
    answer(incoming, outgoing, options).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(unusable(options, error)));
    server.listen({ port, ...(host === undefined ? {} : { host }) }, resolve);
  });
  const bound = server.address() as AddressInfo;
  return {
    address:
      bound.family === 'IPv6'
        ? `[${bound.address}]:${bound.port}`
        : `${bound.address}:${bound.port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function unusable(
  { host = '', port }: ListenerOptions,
  error: NodeJS.ErrnoException,
): ProblemError {
  return new ProblemError([
    {
      code: 'address-unusable',
      message: `nothing can listen on ${host}:${port}: ${error.code ?? error.message}`,
      remedy: 'name a free address of this machine with serve or --serve, for example :8080',
    },
  ]);
}

async function answer(
  { method = '', url = '' }: IncomingMessage,
  outgoing: ServerResponse,
  options: ListenerOptions,
): Promise<void> {
  const send = (status: number, text: string, contentType = 'text/plain; charset=utf-8') => {
    outgoing.writeHead(status, { 'content-type': contentType });
    outgoing.end(method === 'HEAD' ? undefined : text);
  };
  if (method !== 'GET' && method !== 'HEAD') return send(405, 'only GET is answered\n');
  switch (url.replace(/\?.*$/, '')) {
    case '/metrics': {
      const { contentType, text } = await options.metrics();
      return send(200, text, contentType);
    }
    case '/queue':
      return send(200, `${JSON.stringify(options.queue())}\n`, 'application/json');
    case '/healthz':
      return send(200, 'ok\n');
    case '/readyz': {
      const why = options.unreadiness();
      return why === undefined ? send(200, 'ok\n') : send(503, `${why}\n`);
    }
    default:
      return send(404, 'there are /metrics, /queue, /healthz and /readyz\n');
  }
}
