import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface StubAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The connection is cut instead. */
  readonly cut?: boolean;
  /** No answer at all. */
  readonly hang?: boolean;
  /** The answer stays open after the body: whoever is called can go on with it, or cut it. */
  readonly stream?: (outgoing: ServerResponse) => void;
}

export interface StubRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A real HTTP server on loopback that answers as the test says and remembers what it was asked. */
export async function startHttpStub(
  answer: (request: StubRequest, index: number) => StubAnswer,
  /** With a certificate it speaks TLS. */
  tls?: { readonly key: string; readonly cert: string },
): Promise<{ readonly url: string; readonly requests: readonly StubRequest[] }> {
  const requests: StubRequest[] = [];
  const listener: RequestListener = (incoming, outgoing) => {
    let body = '';
    incoming.on('data', (chunk) => (body += String(chunk)));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      const request = { method, path: url, headers, body };
      requests.push(request);
      const {
        status = 200,
        headers: extra,
        body: text = '',
        cut,
        hang,
        stream,
      } = answer(request, requests.length - 1);
      if (hang === true) return;
      if (cut === true) incoming.socket.destroy();
      else if (stream !== undefined) {
        outgoing.writeHead(status, extra).flushHeaders();
        stream(outgoing);
      } else outgoing.writeHead(status, extra).end(text);
    });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const scheme = tls === undefined ? 'http' : 'https';
  return { url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}
