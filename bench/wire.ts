import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { advance, createFleet } from './fleet.ts';
import type { Bench, Row, Size } from './measure.ts';
import { createRemote, git, inFolder, longHistory, openDelivery } from './workplace.ts';

const SIZES: Readonly<Record<Size, { readonly files: number; readonly commits: number }>> = {
  full: { files: 50_000, commits: 100_000 },
  small: { files: 500, commits: 1_000 },
};
const CANARIES = 100;

/** Bytes between the engine and a Git server over HTTP, in both directions, for a step and a look. */
export const wireBench: Bench = {
  name: 'wire',
  async run(size) {
    const { files, commits } = SIZES[size];
    const small = await measure([]);
    const large = await measure(longHistory({ files, commits, branches: 1 }));
    const shown = (value: number) => value.toLocaleString('en');
    const old = `after ${shown(commits)} commits of ${shown(files)} files`;
    const row = (what: string, ours: number, reference: number): Row => ({
      bench: 'wire',
      what: `${what}, ${old}`,
      unit: 'bytes',
      ours,
      reference,
      referenceName: 'the same in a new repository',
      ratio: ours / reference,
      aim: '<= 1.2',
    });
    return [
      row('one step of one canary pushed', large.step, small.step),
      row(`one step of ${CANARIES} canaries pushed, each`, large.tick, small.tick),
      row('a look at a branch that stands still', large.look, small.look),
    ];
  },
};

interface Traffic {
  readonly step: number;
  readonly tick: number;
  readonly look: number;
}

function measure(history: Iterable<string>): Promise<Traffic> {
  return inFolder(async (folder) => {
    const fleet = createFleet(CANARIES);
    const remote = fileURLToPath(await createRemote(folder, fleet.start, history));
    const server = await startServer(remote);
    try {
      const { delivery, tip } = await openDelivery(server.url, join(folder, 'clone'));
      server.bytes();
      const [first, ...others] = fleet.members.map((member) => advance(member).draft);
      if (first === undefined) throw new Error('the fleet is empty');
      const one = await delivery.publish([first], tip);
      if (one.kind !== 'pushed') throw new Error(`not pushed: ${one.kind}`);
      const step = server.bytes();
      const all = await delivery.publish(others, one.commits.at(-1));
      if (all.kind !== 'pushed') throw new Error(`not pushed: ${all.kind}`);
      const tick = server.bytes();
      await delivery.refresh();
      const look = server.bytes();
      return { step, tick: tick / others.length, look };
    } finally {
      server.stop();
    }
  });
}

interface CountingServer {
  readonly url: string;
  /** What went through since this was last asked. */
  bytes(): number;
  stop(): void;
}

/** Git's own smart HTTP backend behind a server that counts. */
async function startServer(remote: string): Promise<CountingServer> {
  await git(remote, ['config', 'http.receivepack', 'true']);
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => serve(remote, request, response));
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let seen = 0;
  const total = () => {
    let sum = 0;
    for (const { bytesRead, bytesWritten } of sockets) sum += bytesRead + bytesWritten;
    return sum;
  };
  return {
    url: `http://127.0.0.1:${port}/remote.git`,
    bytes() {
      const sum = total();
      const since = sum - seen;
      seen = sum;
      return since;
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function serve(remote: string, request: IncomingMessage, response: ServerResponse): void {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: dirname(remote),
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
    const output = Buffer.concat(chunks);
    const split = output.indexOf('\r\n\r\n');
    for (const header of output.toString('latin1', 0, split).split('\r\n')) {
      const [name = '', value = ''] = header.split(': ');
      if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.end(output.subarray(split + 4));
  });
}
