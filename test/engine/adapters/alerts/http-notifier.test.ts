import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HttpNotifier } from '../../../../engine/adapters/alerts/http-notifier.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { type StubAnswer, startHttpStub } from '../../../support/http-stub.ts';
import { aReceiver, AN_ERROR, anAlert } from './alerts.ts';

const SECRET_PATH = '/services/T0/B0/secret-of-the-address';

function aNotifier(clock = new FakeClock(), deadlineMs = 1_000): HttpNotifier {
  return new HttpNotifier({ clock, random: { next: () => 0.5 }, deadlineMs });
}

async function aChat(answer: (index: number) => StubAnswer) {
  const stub = await startHttpStub((_, index) => answer(index));
  const bodies = () => stub.requests.map(({ body }) => JSON.parse(body) as { thread_ts?: string });
  return { ...stub, address: `${stub.url}${SECRET_PATH}`, bodies };
}

describe('an alert to a chat', () => {
  it('carries the token where there is one, and no authorization where there is none', async () => {
    const chat = await aChat(() => ({ body: '{"ok":true}' }));
    const { address } = chat;
    await aNotifier().send(anAlert(), aReceiver(), { address, token: 'xoxb-1' });
    await aNotifier().send(anAlert(), aReceiver(), { address });
    const sent = chat.requests.map(({ headers }) => headers.authorization);
    expect(sent).toEqual(['Bearer xoxb-1', undefined]);
  });

  it.each<[string, StubAnswer, string]>([
    [
      'a refusal with a body that quotes the request',
      { status: 404, body: `no ${SECRET_PATH}` },
      'HTTP 404',
    ],
    ['no answer', { hang: true }, 'no answer within 1 s'],
    ['a connection that is cut', { cut: true }, 'the connection failed: UND_ERR_SOCKET'],
    [
      'a refusal in words',
      { body: '{"ok":false,"error":"channel_not_found"}' },
      'channel_not_found',
    ],
    [
      'a refusal in strange words',
      { body: `{"ok":false,"error":"${SECRET_PATH}"}` },
      'no reason given',
    ],
  ])('that ends in %s says so without its address', async (_, answer, why) => {
    const { address } = await aChat(() => answer);
    const outcome = await aNotifier().send(anAlert(), aReceiver(), { address, token: 'xoxb-1' });
    expect(outcome).toEqual({ kind: 'failed', why });
  });

  it.each(['', 'hooks.example/1', 'ftp://hooks.example/1'])(
    'is not sent to %j, which is no address',
    async (address) => {
      const outcome = await aNotifier().send(anAlert(), aReceiver(), { address });
      const why = 'its address is not a whole http or https address';
      expect(outcome).toEqual({ kind: 'failed', why });
    },
  );
});

it('an alert is not sent to an address that holds a password', async () => {
  const address = 'https://me:secret@hooks.example/1';
  const outcome = await aNotifier().send(anAlert(), aReceiver(), { address });
  const why = 'its address holds a user or a password; a token can be sent';
  expect(outcome).toEqual({ kind: 'failed', why });
});

describe('an alert that is not taken at once', () => {
  it('is sent again after the pause that the service asks for', async () => {
    const clock = new FakeClock();
    const chat = await aChat((index) =>
      index === 0 ? { status: 429, headers: { 'retry-after': '7' } } : { body: 'ok' },
    );
    expect(await aNotifier(clock).send(anAlert(), aReceiver(), chat)).toEqual({ kind: 'sent' });
    expect(clock.slept).toEqual([7_000]);
  });

  it('is given up after three attempts', async () => {
    const chat = await aChat(() => ({ status: 503 }));
    const outcome = await aNotifier().send(anAlert(), aReceiver(), chat);
    expect(outcome).toEqual({ kind: 'failed', why: 'HTTP 503' });
    expect(chat.requests).toHaveLength(3);
  });

  it('is not sent again when it may have been taken', async () => {
    const chat = await aChat(() => ({ status: 500 }));
    await aNotifier().send(anAlert(), aReceiver(), chat);
    const silent = await aChat(() => ({ hang: true }));
    await aNotifier(new FakeClock(), 200).send(anAlert(), aReceiver(), silent);
    expect([chat.requests.length, silent.requests.length]).toEqual([1, 1]);
  });

  it('is sent again where nobody listens', async () => {
    const clock = new FakeClock();
    const address = `http://127.0.0.1:${await aFreePort()}/`;
    const outcome = await aNotifier(clock).send(anAlert(), aReceiver(), { address });
    expect(outcome).toEqual({ kind: 'failed', why: 'the connection failed: ECONNREFUSED' });
    expect(clock.slept).toHaveLength(2);
  });
});

describe('the alerts of a run', () => {
  const taken = (index: number) => ({ body: JSON.stringify({ ok: true, ts: `ts-${index}` }) });

  it('are one thread where the service names the message', async () => {
    const chat = await aChat(taken);
    const notifier = aNotifier();
    for (const run of ['one', 'one', 'two', 'one']) {
      await notifier.send(anAlert({ run }), aReceiver(), chat);
    }
    const threads = chat.bodies().map(({ thread_ts }) => thread_ts);
    expect(threads).toEqual([undefined, 'ts-0', undefined, 'ts-0']);
  });

  it('show in the channel as well what needs people', async () => {
    const chat = await aChat(taken);
    const notifier = aNotifier();
    for (const differing of [{}, {}, AN_ERROR]) {
      await notifier.send(anAlert(differing), aReceiver(), chat);
    }
    expect(chat.bodies()).toMatchObject([
      {},
      { reply_broadcast: false },
      { reply_broadcast: true },
    ]);
  });

  it('start a new thread in another channel', async () => {
    const chat = await aChat(taken);
    const notifier = aNotifier();
    await notifier.send(anAlert(), aReceiver(), chat);
    await notifier.send(anAlert(), aReceiver({ channel: 'other' }), chat);
    expect(chat.bodies()[1]).not.toHaveProperty('thread_ts');
  });

  it('start a new thread when somebody has deleted the first message', async () => {
    const chat = await aChat((index) =>
      index === 1 ? { body: '{"ok":false,"error":"thread_not_found"}' } : taken(index),
    );
    const notifier = aNotifier();
    for (let sent = 0; sent < 3; sent += 1) {
      expect(await notifier.send(anAlert(), aReceiver(), chat)).toEqual({ kind: 'sent' });
    }
    const threads = chat.bodies().map(({ thread_ts }) => thread_ts);
    expect(threads).toEqual([undefined, 'ts-0', undefined, 'ts-2']);
  });
});

it('an alert goes through the proxy of its receiver', async () => {
  const chat = await aChat(() => ({ body: 'ok' }));
  const proxy = await startProxy();
  const receiver = aReceiver({ proxy: proxy.url });
  expect(await aNotifier().send(anAlert(), receiver, chat)).toEqual({ kind: 'sent' });
  expect(proxy.passed).toEqual([chat.address]);
  expect(chat.requests).toHaveLength(1);
});

it('an alert through a proxy that is away says so', async () => {
  const chat = await aChat(() => ({ body: 'ok' }));
  const receiver = aReceiver({ proxy: `http://127.0.0.1:${await aFreePort()}` });
  const outcome = await aNotifier().send(anAlert(), receiver, chat);
  expect(outcome).toEqual({ kind: 'failed', why: 'the connection failed: ECONNREFUSED' });
});

/** A proxy for plain HTTP: the request line holds the whole address. */
async function startProxy(): Promise<{ readonly url: string; readonly passed: string[] }> {
  const passed: string[] = [];
  const server = createServer((incoming, outgoing) => {
    passed.push(incoming.url ?? '');
    const { method, headers } = incoming;
    const onward = request(incoming.url ?? '', { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, passed };
}

async function aFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
