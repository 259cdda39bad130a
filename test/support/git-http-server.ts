import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { GIT_ENV, type Remote } from './git-sandbox.ts';

/** What happens to pushes; HTTP clients repeat a cut request by themselves. */
export type Fault =
  | 'none'
  /** The connection is cut before the server sees the pack. */
  | 'cut-before'
  /** The server commits, and the answer never arrives. */
  | 'cut-after'
  | 'error-500'
  | 'forbidden'
  /** 429 with half a minute of patience. */
  | 'limited'
  /** 503 with five seconds of patience. */
  | 'overloaded'
  /** A hook of the server refuses. */
  | 'declined'
  /** The server commits, and its answer breaks off in the middle. */
  | 'torn'
  /** Nothing happens for `hangMs`; then the connection is cut. */
  | 'hang-before'
  /** The server commits, and is silent for `hangMs`; then the connection is cut. */
  | 'hang-after'
  /** The connection is cut, and the server commits `hangMs` later all the same. */
  | 'late';

/** Smart HTTP, by Git's own backend, with faults on pushes. */
export interface GitHttpServer {
  readonly url: string;
  fault: Fault;
  /** What happens to each request instead, reading ones included. */
  faultOf: ((isPush: boolean) => Fault) | undefined;
  hangMs: number;
  /** Everything is refused from now on. */
  down: boolean;
  /** Who is let in, by the header `Authorization`. */
  accepts: (authorization: string | undefined) => boolean;
  /** Time before an answer to whoever is let in. */
  delayMs: number | (() => number);
  /** Another server that everybody is sent to. */
  redirectTo: string | undefined;
  /** Method and path of each request, in order. */
  readonly requests: string[];
}

export async function startGitHttpServer(remote: Remote): Promise<GitHttpServer> {
  remote.git('config', 'http.receivepack', 'true');
  const server = createServer((request, response) => {
    if (state.down) {
      request.socket.destroy();
      return;
    }
    state.requests.push(`${request.method} ${request.url}`);
    if (state.redirectTo !== undefined) {
      response.writeHead(302, { location: `${state.redirectTo}${request.url}` }).end();
      return;
    }
    if (!state.accepts(request.headers.authorization)) {
      // A careless server says what it was told.
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' });
      response.end(`not you: ${request.headers.authorization}`);
      return;
    }
    const isPush = request.method === 'POST' && request.url?.endsWith('/git-receive-pack');
    const fault = state.faultOf?.(isPush === true) ?? (isPush === true ? state.fault : 'none');
    const answer = () => handle(state, fault, remote, request, response);
    const delayMs = typeof state.delayMs === 'number' ? state.delayMs : state.delayMs();
    if (delayMs === 0) answer();
    else setTimeout(answer, delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const state: GitHttpServer = {
    url: `http://127.0.0.1:${port}/remote.git`,
    fault: 'none',
    faultOf: undefined,
    hangMs: 1_000,
    down: false,
    accepts: () => true,
    delayMs: 0,
    redirectTo: undefined,
    requests: [],
  };
  return state;
}

function handle(
  { hangMs }: GitHttpServer,
  fault: Fault,
  remote: Remote,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const cut = () => request.socket.destroy();
  switch (fault) {
    case 'none':
      return serve(remote, request, response);
    case 'cut-before':
      cut();
      return undefined;
    case 'cut-after':
      return serve(remote, request, response, { instead: cut });
    case 'error-500':
      response.writeHead(500).end();
      return undefined;
    case 'forbidden':
      response.writeHead(403).end();
      return undefined;
    case 'limited':
      response.writeHead(429, { 'retry-after': '30' }).end();
      return undefined;
    case 'overloaded':
      response.writeHead(503, { 'retry-after': '5' }).end();
      return undefined;
    case 'declined':
      writeFileSync(join(remote.folder, 'hooks/pre-receive'), DECLINING_HOOK, { mode: 0o755 });
      return serve(remote, request, response, { env: { DECLINED: 'yes' } });
    case 'torn':
      return serve(remote, request, response, { isTorn: true });
    case 'hang-before':
      setTimeout(cut, hangMs);
      return undefined;
    case 'hang-after':
      return serve(remote, request, response, { instead: () => setTimeout(cut, hangMs) });
    case 'late':
      void buffered(request).then((body) => {
        cut();
        setTimeout(() => serve(remote, request, response, { instead() {}, body }), hangMs);
      });
      return undefined;
  }
}

const DECLINING_HOOK = '#!/bin/sh\ntest -z "$DECLINED" || { echo not today >&2; exit 1; }\n';

async function buffered(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

interface Serving {
  /** Takes the place of the answer. */
  readonly instead?: () => void;
  /** The request's body, where it was read before. */
  readonly body?: Buffer;
  readonly env?: Readonly<Record<string, string>>;
  /** Half of the answer is all that comes. */
  readonly isTorn?: boolean;
}

/** Runs `git http-backend` as CGI. */
function serve(
  remote: Remote,
  request: IncomingMessage,
  response: ServerResponse,
  { instead, body, env = {}, isTorn = false }: Serving = {},
): void {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const backend = spawn('git', ['http-backend'], {
    env: {
      ...GIT_ENV,
      ...env,
      GIT_PROJECT_ROOT: dirname(remote.folder),
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: path,
      QUERY_STRING: query,
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_USER: 'somebody',
    },
  });
  backend.stdin.on('error', () => {});
  if (body === undefined) request.pipe(backend.stdin);
  else backend.stdin.end(body);
  const chunks: Buffer[] = [];
  backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  backend.on('close', () => {
    if (instead !== undefined) {
      instead();
      return;
    }
    const output = Buffer.concat(chunks);
    const split = output.indexOf('\r\n\r\n');
    const headers = output.toString('latin1', 0, split).split('\r\n');
    let status = 200;
    for (const header of headers) {
      const [name = '', value = ''] = header.split(': ');
      if (name === 'Status') status = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    const answer = output.subarray(split + 4);
    if (isTorn) {
      response.writeHead(status, { 'content-length': answer.length });
      response.write(answer.subarray(0, answer.length / 2), () => request.socket.destroy());
      return;
    }
    response.writeHead(status);
    response.end(answer);
  });
}
