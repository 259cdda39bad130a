import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
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
  | 'overloaded';

/** Smart HTTP, by Git's own backend, with faults on pushes. */
export interface GitHttpServer {
  readonly url: string;
  fault: Fault;
  /** Everything is refused from now on. */
  down: boolean;
  /** Who is let in, by the header `Authorization`. */
  accepts: (authorization: string | undefined) => boolean;
  /** Time before an answer to whoever is let in. */
  delayMs: number;
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
    const answer = () =>
      isPush === true
        ? handlePush(state, remote, request, response)
        : serve(remote, request, response);
    if (state.delayMs === 0) answer();
    else setTimeout(answer, state.delayMs);
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
    down: false,
    accepts: () => true,
    delayMs: 0,
    redirectTo: undefined,
    requests: [],
  };
  return state;
}

function handlePush(
  state: GitHttpServer,
  remote: Remote,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  switch (state.fault) {
    case 'none':
      return serve(remote, request, response);
    case 'cut-before':
      request.socket.destroy();
      return undefined;
    case 'cut-after':
      return serve(remote, request, response, () => request.socket.destroy());
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
  }
}

/** Runs `git http-backend` as CGI; `instead` takes the place of the answer. */
function serve(
  remote: Remote,
  request: IncomingMessage,
  response: ServerResponse,
  instead?: () => void,
): void {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const backend = spawn('git', ['http-backend'], {
    env: {
      ...GIT_ENV,
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
  request.pipe(backend.stdin);
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
    response.writeHead(status);
    response.end(output.subarray(split + 4));
  });
}
