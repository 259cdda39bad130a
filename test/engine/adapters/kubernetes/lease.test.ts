import { describe, expect, it } from 'vitest';
import { KubernetesLease } from '../../../../engine/adapters/kubernetes/lease.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import type { StubAnswer, StubRequest } from '../../../support/http-stub.ts';
import { startAnsweringApi } from './api-stub.ts';

const FOLDER = '/apis/coordination.k8s.io/v1/namespaces/serin/leases';

interface LeaseSpec {
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  readonly renewTime: string;
  readonly acquireTime: string;
  readonly leaseTransitions: number;
}

/** An API server with one lease, as strict about resourceVersion as the real one. */
class LeaseServer {
  spec: LeaseSpec | undefined;
  version = 0;
  isAway = false;
  /** Runs after each read and before each write of an engine. */
  inBetween = () => {};

  answer({ method, body }: StubRequest): StubAnswer {
    if (this.isAway) return { status: 503, body: '{"message":"away"}' };
    if (method !== 'GET') {
      this.inBetween();
      return this.#write(method, body);
    }
    if (this.spec === undefined) return { status: 404, body: '{}' };
    const text = this.#text();
    this.inBetween();
    return { body: text };
  }

  put(spec: LeaseSpec): void {
    this.spec = spec;
    this.version += 1;
  }

  #write(method: string, body: string): StubAnswer {
    const { metadata, spec } = JSON.parse(body) as {
      readonly metadata: { readonly resourceVersion?: string };
      readonly spec: LeaseSpec;
    };
    if (method === 'PUT' && this.spec === undefined) return { status: 404, body: '{}' };
    const isCurrent =
      method === 'POST'
        ? this.spec === undefined
        : metadata.resourceVersion === String(this.version);
    if (!isCurrent) return { status: 409, body: '{}' };
    this.put(spec);
    return { body: this.#text() };
  }

  #text(): string {
    const metadata = { name: 'serin', labels: { team: 'a' }, resourceVersion: `${this.version}` };
    return JSON.stringify({ kind: 'Lease', metadata, spec: this.spec });
  }
}

async function anElection(before?: LeaseSpec) {
  const server = new LeaseServer();
  if (before !== undefined) server.put(before);
  const { api, requests } = await startAnsweringApi((request) => server.answer(request));
  const clock = new FakeClock();
  const engine = (identity: string) => {
    const monotonic = new FakeClock(0);
    const random = { next: () => 0.5 };
    const name = { namespace: 'serin', name: 'serin' };
    return {
      lease: new KubernetesLease(api, name, { identity, clock, monotonic, random }),
      monotonic,
    };
  };
  return { server, requests, clock, engine };
}

const theirs: LeaseSpec = {
  holderIdentity: 'they',
  leaseDurationSeconds: 15,
  renewTime: '2030-01-01T00:00:00.000000Z',
  acquireTime: '2026-01-01T00:00:00.000000Z',
  leaseTransitions: 3,
};

describe('a lease', () => {
  it('is created by the first engine, with times that the API server takes', async () => {
    const { server, requests, engine } = await anElection();
    const { lease } = engine('we');
    expect(lease.leadership().kind).toBe('unsettled');
    await lease.attempt();
    expect(lease.leadership()).toEqual({ kind: 'leading', identity: 'we', term: 1 });
    expect(requests.at(-1)).toMatchObject({ method: 'POST', path: FOLDER });
    expect(server.spec).toEqual({
      holderIdentity: 'we',
      leaseDurationSeconds: 15,
      renewTime: '2026-01-01T00:00:00.000000Z',
      acquireTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
  });

  it('is renewed under the same term, and keeps what others wrote on it', async () => {
    const { server, requests, clock, engine } = await anElection();
    const { lease, monotonic } = engine('we');
    await lease.attempt();
    monotonic.advance(9_000);
    clock.advance(9_000);
    await lease.attempt();
    monotonic.advance(9_000);
    expect(lease.leadership()).toMatchObject({ kind: 'leading', term: 1 });
    expect(server.spec).toMatchObject({
      renewTime: '2026-01-01T00:00:09.000000Z',
      acquireTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
    expect(requests.at(-1)?.body).toContain('"team":"a"');
  });

  it('of another engine is left alone while it changes, whatever the clocks say', async () => {
    const { server, clock, engine } = await anElection(theirs);
    const { lease, monotonic } = engine('we');
    clock.advance(10 * 365 * 86_400_000);
    for (let renewals = 0; renewals < 4; renewals += 1) {
      await lease.attempt();
      expect(lease.leadership()).toEqual({ kind: 'following', leader: 'they' });
      monotonic.advance(14_000);
      server.put(theirs);
    }
  });

  it('of another engine is taken over once it has not changed for its whole duration', async () => {
    const { server, engine } = await anElection(theirs);
    const { lease, monotonic } = engine('we');
    await lease.attempt();
    monotonic.advance(14_999);
    await lease.attempt();
    expect(lease.leadership().kind).toBe('following');
    monotonic.advance(1);
    await lease.attempt();
    expect(lease.leadership().kind).toBe('leading');
    expect(server.spec).toMatchObject({
      holderIdentity: 'we',
      acquireTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 4,
    });
  });

  it('of the same pod is gone on with at once: its container runs again because it had ended', async () => {
    const { server, engine } = await anElection({ ...theirs, holderIdentity: 'engine-0_uid' });
    const { lease } = engine('engine-0_uid');
    await lease.attempt();
    expect(lease.leadership()).toEqual({ kind: 'leading', identity: 'engine-0_uid', term: 1 });
    expect(server.spec).toMatchObject({ leaseTransitions: 3, acquireTime: theirs.acquireTime });
  });

  it('that was let go is taken at once', async () => {
    const { engine } = await anElection({ ...theirs, holderIdentity: '' });
    const { lease } = engine('we');
    await lease.attempt();
    expect(lease.leadership().kind).toBe('leading');
  });

  it('is lost to whoever writes it first', async () => {
    const { server, engine } = await anElection();
    const { lease, monotonic } = engine('we');
    await lease.attempt();
    monotonic.advance(10_000);
    server.inBetween = () => server.put(theirs);
    await lease.attempt();
    expect(lease.leadership()).toMatchObject({ kind: 'unsettled' });
    server.inBetween = () => {};
    await lease.attempt();
    expect(lease.leadership()).toEqual({ kind: 'following', leader: 'they' });
  });

  it('that is held is renewed by one request, without being read', async () => {
    const { requests, engine } = await anElection();
    const { lease, monotonic } = engine('we');
    await lease.attempt();
    const before = requests.length;
    for (let renewals = 0; renewals < 5; renewals += 1) {
      monotonic.advance(2_000);
      await lease.attempt();
    }
    expect(requests.slice(before).map(({ method }) => method)).toEqual(Array(5).fill('PUT'));
    expect(lease.leadership()).toMatchObject({ kind: 'leading', term: 1 });
  });

  it.each([
    ['was written on by a person stays held', 'we', { kind: 'leading', term: 1 }],
    ['another engine has taken is theirs', 'they', { kind: 'following', leader: 'they' }],
  ])('that %s, as reading it then shows', async (_, holderIdentity, expected) => {
    const { server, engine } = await anElection();
    const { lease } = engine('we');
    await lease.attempt();
    server.put({ ...theirs, holderIdentity });
    await lease.attempt();
    expect(lease.leadership()).toMatchObject(expected);
  });

  it('that was deleted under its holder is made anew', async () => {
    const { server, engine } = await anElection();
    const { lease } = engine('we');
    await lease.attempt();
    server.spec = undefined;
    await lease.attempt();
    expect(server.spec).toMatchObject({ holderIdentity: 'we' });
    expect(lease.leadership()).toMatchObject({ kind: 'leading', term: 1 });
  });

  it('is held until the renew deadline and no longer while the API server is away', async () => {
    const { server, engine } = await anElection();
    const { lease, monotonic } = engine('we');
    await lease.attempt();
    server.isAway = true;
    monotonic.advance(9_999);
    await lease.attempt();
    expect(lease.leadership().kind).toBe('leading');
    monotonic.advance(1);
    expect(lease.leadership()).toEqual({
      kind: 'unsettled',
      why: expect.stringContaining('503: away'),
    });
  });

  it('lapses for an engine that was stopped, which leads under a new term afterwards', async () => {
    const { engine } = await anElection();
    const { lease, monotonic } = engine('we');
    await lease.attempt();
    monotonic.advance(60_000);
    expect(lease.leadership().kind).toBe('unsettled');
    await lease.attempt();
    expect(lease.leadership()).toMatchObject({ kind: 'leading', term: 2 });
  });

  it('belongs to the engine that took over when the stopped one wakes up', async () => {
    const { engine } = await anElection();
    const [stopped, other] = [engine('stopped'), engine('other')];
    await stopped.lease.attempt();
    await other.lease.attempt();
    other.monotonic.advance(15_000);
    await other.lease.attempt();
    stopped.monotonic.advance(15_000);
    expect(stopped.lease.leadership().kind).toBe('unsettled');
    await stopped.lease.attempt();
    expect(stopped.lease.leadership()).toEqual({ kind: 'following', leader: 'other' });
    expect(other.lease.leadership().kind).toBe('leading');
  });

  it('is let go at the end, so that the next engine need not wait', async () => {
    const { server, engine } = await anElection();
    const { lease, monotonic } = engine('we');
    const ending = new AbortController();
    server.inBetween = () => {
      if (monotonic.slept.length === 3) ending.abort();
    };
    await lease.campaign(ending.signal);
    expect(monotonic.slept).toEqual([2_000, 2_000, 2_000, 2_000]);
    expect(server.spec).toMatchObject({ holderIdentity: '', leaseTransitions: 0 });
    expect(lease.leadership().kind).toBe('unsettled');
  });

  it('of another engine is not touched by one that ends', async () => {
    const { server, engine } = await anElection(theirs);
    const ending = new AbortController();
    const { lease } = engine('we');
    server.inBetween = () => ending.abort();
    await lease.campaign(ending.signal);
    expect(server.spec).toEqual(theirs);
  });

  it.each([
    ['does not read as a Lease', { holderIdentity: 5 }],
    ['does not read as a Lease', { leaseTransitions: 'x' }],
  ])('that %s makes nobody lead', async (why, spec) => {
    const { engine } = await anElection(spec as unknown as LeaseSpec);
    const { lease } = engine('we');
    await lease.attempt();
    expect(lease.leadership()).toMatchObject({ why: expect.stringContaining(why) });
  });
});
