import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Listener, listen } from '../../../../engine/adapters/telemetry/listener.ts';

async function aListener(unreadiness?: string): Promise<Listener> {
  const listener = await listen({
    host: '127.0.0.1',
    port: 0,
    metrics: () => Promise.resolve({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' }),
    queue: () => ({ decisions: [] }),
    unreadiness: () => unreadiness,
  });
  onTestFinished(() => listener.stop());
  return listener;
}

async function ask({ address }: Listener, path: string, method = 'GET') {
  const response = await fetch(`http://${address}${path}`, { method });
  return { status: response.status, text: await response.text() };
}

describe('the listener', () => {
  it('serves the metrics with their content type', async () => {
    const { address } = await aListener();
    const response = await fetch(`http://${address}/metrics`);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4');
    expect(await response.text()).toBe('up 1\n');
  });

  it('says what waits for a push', async () => {
    const { status, text } = await ask(await aListener(), '/queue');
    expect([status, JSON.parse(text)]).toEqual([200, { decisions: [] }]);
  });

  it('says that the process is there, ready or not', async () => {
    expect(await ask(await aListener('no pass yet'), '/healthz')).toEqual({
      status: 200,
      text: 'ok\n',
    });
  });

  it('is ready, or says why it is not', async () => {
    expect(await ask(await aListener(), '/readyz?verbose')).toEqual({ status: 200, text: 'ok\n' });
    const notReady = await aListener('no pass has succeeded yet');
    const expected = { status: 503, text: 'no pass has succeeded yet\n' };
    expect(await ask(notReady, '/readyz')).toEqual(expected);
  });

  it('answers nothing else', async () => {
    const listener = await aListener();
    expect((await ask(listener, '/')).status).toBe(404);
    expect((await ask(listener, '/metrics', 'POST')).status).toBe(405);
    expect(await ask(listener, '/metrics', 'HEAD')).toEqual({ status: 200, text: '' });
  });

  it('ends at once, also while somebody keeps a connection open', async () => {
    const listener = await aListener();
    await ask(listener, '/healthz');
    await listener.stop();
    await expect(ask(listener, '/healthz')).rejects.toThrow('fetch failed');
  });

  it('refuses an address that somebody else uses, and names it', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const taken = listen({
      host: '127.0.0.1',
      port,
      metrics: () => Promise.reject(new Error('nobody asks')),
      queue: () => ({}),
      unreadiness: () => undefined,
    });
    await expect(taken).rejects.toThrow(
      `address-unusable: nothing can listen on 127.0.0.1:${port}: EADDRINUSE`,
    );
  });
});
