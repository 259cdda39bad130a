import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { monotonicClock } from '../../../../engine/adapters/clock/system-clock.ts';
import { WatchedObjects } from '../../../../engine/adapters/kubernetes/watched-objects.ts';
import {
  WATCH_TIMING,
  type WatchTiming,
} from '../../../../engine/adapters/kubernetes/watched-collection.ts';
import type { StubRequest } from '../../../support/http-stub.ts';
import { startAnsweringApi } from './api-stub.ts';
import { CollectionServer, FOLDER } from './collection-server.ts';

const Deployment = z.object({ spec: z.object({ replicas: z.number() }) });

async function aWatch(timing: Partial<WatchTiming> = {}) {
  const server = new CollectionServer();
  server.put('reviews', 1);
  const { api, requests } = await startAnsweringApi((request) => server.answer(request));
  const warnings: Record<string, unknown>[] = [];
  const logger = {
    info() {},
    warn: (_: string, fields: object = {}) => void warnings.push({ ...fields }),
    error() {},
  };
  const objects = new WatchedObjects(
    {
      api,
      monotonic: monotonicClock,
      random: { next: () => 0 },
      timing: { ...WATCH_TIMING, ...timing },
    },
    logger,
  );
  onTestFinished(() => objects.stop());
  const read = async (name = 'reviews', occasion?: string, namespace = 'shop') => {
    const reference = { apiVersion: 'apps/v1', kind: 'Deployment', namespace, name };
    const answer = await objects.read(reference, Deployment, occasion);
    return answer.state === 'found' ? answer.object.spec.replicas : answer.state;
  };
  const asked = (kind: keyof typeof KINDS) => requests.filter(KINDS[kind]).length;
  return { server, requests, warnings, objects, read, asked };
}

const isOf = (path: string) => path.startsWith(`${FOLDER}?`);
const KINDS = {
  list: ({ path }: StubRequest) => isOf(path) && !path.includes('watch='),
  watch: ({ path }: StubRequest) => isOf(path) && path.includes('watch='),
  get: ({ path }: StubRequest) => !path.includes('?'),
};

/** The version that each watch began from. */
const startsOf = (requests: readonly StubRequest[]) =>
  requests
    .filter(KINDS.watch)
    .map(({ path }) => new URL(path, 'http://stub').searchParams.get('resourceVersion'));

describe('objects that are watched', () => {
  it('are listed once, and answered from memory as the watch tells', async () => {
    const { server, read, requests, asked } = await aWatch();
    expect(await read()).toBe(1);
    server.put('reviews', 2);
    await vi.waitFor(async () => expect(await read()).toBe(2));
    expect(await read('ratings')).toBe('missing');
    server.put('ratings', 3);
    await vi.waitFor(async () => expect(await read('ratings')).toBe(3));
    server.remove('ratings');
    await vi.waitFor(async () => expect(await read('ratings')).toBe('missing'));
    expect(requests).toHaveLength(2);
    expect(asked('get')).toBe(0);
    expect(requests[1]?.path).toMatch(
      /resourceVersion=101&allowWatchBookmarks=true&timeoutSeconds=1800$/,
    );
  });

  it('are listed page by page', async () => {
    const { server, read, asked } = await aWatch();
    for (let index = 0; index < 250; index += 1) server.put(`other-${index}`, index);
    expect(await read('other-249')).toBe(249);
    expect(await read()).toBe(1);
    expect([asked('list'), asked('get')]).toEqual([3, 0]);
  });

  it('are kept as far as somebody looks at them, and no further', async () => {
    const { objects } = await aWatch();
    const reference = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: 'shop',
      name: 'reviews',
    };
    expect(await objects.read(reference, Deployment)).toEqual({
      state: 'found',
      object: { spec: { replicas: 1 } },
    });
  });

  it('of another namespace are another matter', async () => {
    const { read, requests } = await aWatch();
    await read();
    expect(await read('reviews', undefined, 'elsewhere')).toBe('missing');
    expect(requests.map(({ path }) => path.split('?')[0])).toContain(
      FOLDER.replace('shop', 'elsewhere'),
    );
  });

  it('are watched from where a watch was cut, a bookmark included', async () => {
    const { server, read, requests, asked } = await aWatch();
    await read();
    await vi.waitFor(() => expect(server.watches).toHaveLength(1));
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    server.put('reviews', 2);
    server.version = 150;
    server.bookmark();
    await vi.waitFor(async () => expect(await read()).toBe(2));
    server.cut();
    await vi.waitFor(() => expect(server.watches).toHaveLength(2));
    server.put('reviews', 3);
    await vi.waitFor(async () => expect(await read()).toBe(3));
    expect(startsOf(requests)).toEqual(['101', '150']);
    expect([asked('list'), asked('get')]).toEqual([1, 0]);
  });

  it.each([
    [
      'the stream says that its version is gone',
      (server: CollectionServer) => server.tell('ERROR', { kind: 'Status', code: 410 }),
    ],
    [
      'the stream tells what nobody understands',
      (server: CollectionServer) => server.watches.at(-1)?.write('<html>\n'),
    ],
  ])('are listed again when %s', async (_, upset) => {
    const { server, read, asked } = await aWatch();
    await read();
    server.store('reviews', 7);
    upset(server);
    await vi.waitFor(() => expect(asked('list')).toBe(2));
    await vi.waitFor(() => expect(server.watches).toHaveLength(2));
    expect(await read()).toBe(7);
  });

  it('are listed again when a watch is refused for its version', async () => {
    const { server, read, asked } = await aWatch();
    let isRefused = true;
    server.instead = ({ path }) => {
      if (!path.includes('watch=') || !isRefused) return undefined;
      isRefused = false;
      return { status: 410, body: '{"message":"too old"}' };
    };
    await read();
    await vi.waitFor(() => expect(server.watches).toHaveLength(1));
    expect(asked('list')).toBe(2);
  });
});

describe('objects whose watch is not to be trusted', () => {
  it('are asked for one by one while the API server is away, and listed when it is back', async () => {
    const { server, read, asked } = await aWatch();
    await read();
    await vi.waitFor(() => expect(server.watches).toHaveLength(1));
    server.instead = () => ({ cut: true });
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    server.cut();
    await vi.waitFor(async () => expect(await read()).toBe('unknown'));
    server.objects.clear();
    server.version = 1;
    server.store('reviews', 9);
    server.instead = () => undefined;
    expect(await read()).toBe(9);
    await vi.waitFor(() => expect(server.watches).toHaveLength(2));
    expect(await read()).toBe(9);
    expect(asked('list')).toBeGreaterThan(1);
  });

  it('are asked for once the watch has been silent for too long', async () => {
    const { server, read, asked } = await aWatch({ trustMs: 50 });
    expect(await read()).toBe(1);
    server.store('reviews', 5);
    expect(await read()).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await read()).toBe(5);
    expect(asked('get')).toBe(1);
  });

  it('are watched anew before that, from where the silence began', async () => {
    const { server, requests, read } = await aWatch({ pulseMs: 1_100 });
    await read();
    await vi.waitFor(() => expect(server.watches).toHaveLength(2), 3_000);
    expect(startsOf(requests)).toEqual(['101', '101']);
  });

  it('are asked for one by one where they may not be listed, which is said once', async () => {
    const { server, read, asked, warnings } = await aWatch({ refusedMs: 10 });
    server.instead = ({ path }) =>
      path.includes('?') ? { status: 403, body: '{"message":"forbidden"}' } : undefined;
    expect(await read()).toBe(1);
    await vi.waitFor(() => expect(asked('list')).toBeGreaterThan(8));
    expect(await read()).toBe(1);
    expect(warnings).toEqual([
      {
        kind: 'Deployment',
        namespace: 'shop',
        why: 'the API server answered 403: forbidden',
        remedy: expect.stringContaining('list and watch'),
      },
    ]);
    server.instead = () => undefined;
    await vi.waitFor(() => expect(server.watches).toHaveLength(1));
  });

  it('are listed again soon after an API server has started that knew nobody yet', async () => {
    const { server, read, warnings } = await aWatch();
    let refusals = 0;
    server.instead = ({ path }) => {
      if (!path.includes('?') || refusals === 3) return undefined;
      refusals += 1;
      return { status: 403, body: '{"message":"forbidden"}' };
    };
    await read();
    await vi.waitFor(() => expect(server.watches).toHaveLength(1));
    expect(warnings).toEqual([]);
  });

  it('are asked for when the occasion is younger than the list, once', async () => {
    const { server, read, asked } = await aWatch();
    expect(await read('reviews', 'step 1')).toBe(1);
    server.store('reviews', 2);
    expect(await read('reviews', 'step 1')).toBe(1);
    expect(await read('reviews', 'step 2')).toBe(2);
    expect(await read('reviews', 'step 2')).toBe(2);
    expect(asked('get')).toBe(1);
    server.put('reviews', 3);
    await vi.waitFor(async () => expect(await read('reviews', 'step 2')).toBe(3));
    expect(asked('get')).toBe(1);
  });

  it('are not taken back by news that are older than what was asked for', async () => {
    const { server, read } = await aWatch();
    await read('reviews', 'step 1');
    server.store('reviews', 2);
    const late = server.objects.get('reviews');
    server.store('reviews', 3);
    expect(await read('reviews', 'step 2')).toBe(3);
    server.tell('MODIFIED', late);
    server.put('ratings', 1);
    await vi.waitFor(async () => expect(await read('ratings')).toBe(1));
    expect(await read('reviews', 'step 2')).toBe(3);
  });

  it('are listed again when versions have gone back: it is another cluster', async () => {
    const { server, read, asked } = await aWatch();
    await read('reviews', 'step 1');
    server.version = 5;
    server.store('reviews', 4);
    expect(await read('reviews', 'step 2')).toBe(4);
    await vi.waitFor(() => expect(asked('list')).toBe(2));
    await vi.waitFor(() => expect(server.watches).toHaveLength(2));
    expect(await read()).toBe(4);
  });
});

describe('a watch', () => {
  it('ends at once when the engine does, with its connection', async () => {
    const { server, objects, read } = await aWatch();
    await read();
    await vi.waitFor(() => expect(server.watches).toHaveLength(1));
    const closed = new Promise((resolve) => server.watches[0]?.once('close', resolve));
    await objects.stop();
    await closed;
    expect(await read()).toBe(1);
  });

  it('ends when nobody has asked for long, and begins with the next question', async () => {
    const { server, read, asked } = await aWatch({ pulseMs: 50, unusedMs: 20 });
    await read();
    await vi.waitFor(() => expect(server.watches).toHaveLength(1));
    await new Promise((resolve) => server.watches[0]?.once('close', resolve));
    expect(server.watches).toHaveLength(1);
    await vi.waitFor(async () => {
      await read();
      expect(asked('list')).toBe(2);
    });
  });
});
