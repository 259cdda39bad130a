import { describe, expect, it } from 'vitest';
import {
  directReader,
  type ObjectReader,
  parseAs,
} from '../../../../engine/adapters/kubernetes/read-object.ts';
import { KubernetesStatusWriter } from '../../../../engine/adapters/kubernetes/status-writer.ts';
import { canaryStatus } from '../../../../engine/controller/canary-status.ts';
import type { CanaryEvent } from '../../../../engine/ports/status-writer.ts';
import { aRunningRecord, T0_MS } from '../../../support/builders.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import type { StubAnswer, StubRequest } from '../../../support/http-stub.ts';
import { startAnsweringApi } from './api-stub.ts';

const PATH = '/apis/flagger.app/v1beta1/namespaces/default/canaries/reviews';
const EVENTS = '/api/v1/namespaces/default/events';
const EVENT: CanaryEvent = {
  type: 'Normal',
  message: 'Advance',
  phase: 'Progressing',
  atMs: T0_MS,
};

async function aWriter(status: object | undefined, trouble?: (request: StubRequest) => StubAnswer) {
  let live = status;
  const { api, requests } = await startAnsweringApi((request) => {
    const { method, path, body } = request;
    const instead = trouble?.(request) ?? {};
    if (instead.status !== undefined) return instead;
    if (path === EVENTS) return { body };
    if (live === undefined) return { status: 404, body: '{}' };
    if (method === 'PATCH') live = { ...live, ...JSON.parse(body).status };
    return { body: JSON.stringify({ metadata: { uid: 'u-1' }, status: live }) };
  });
  const clock = new FakeClock();
  const warnings: unknown[] = [];
  const logger = {
    info() {},
    warn: (_: string, fields: unknown) => void warnings.push(fields),
    error() {},
  };
  const writer = new KubernetesStatusWriter({ api, objects: directReader(api), clock, logger });
  const report = (record = aRunningRecord(), events: readonly CanaryEvent[] = []) =>
    writer.write([{ canary: record.canary, status: canaryStatus(record), events }]);
  const write = async (...reported: Parameters<typeof report>) => {
    report(...reported);
    await writer.settled();
  };
  const asked = () => requests.map(({ method, path }) => `${method} ${path}`);
  const apply = () => (live = {});
  return {
    report,
    settled: () => writer.settled(),
    write,
    clock,
    requests,
    asked,
    warnings,
    apply,
  };
}

describe('the status of a Canary object', () => {
  it('is written whole, in one merge patch of the subresource', async () => {
    const { write, requests } = await aWriter({ trackedConfigs: {} });
    await write();
    const patches = requests.filter(({ method }) => method === 'PATCH');
    expect(patches).toMatchObject([
      {
        path: `${PATH}/status?fieldManager=serin`,
        headers: { 'content-type': 'application/merge-patch+json' },
      },
    ]);
    expect(JSON.parse(patches[0]?.body ?? '')).toEqual({ status: canaryStatus(aRunningRecord()) });
  });

  it('is not asked for again while nothing changes, until somebody may have replaced it', async () => {
    const { write, asked, clock, apply } = await aWriter({});
    await write();
    await write();
    expect(asked()).toHaveLength(2);
    apply();
    clock.advance(60_000);
    await write();
    expect(asked().slice(2)).toEqual([`GET ${PATH}`, `PATCH ${PATH}/status?fieldManager=serin`]);
  });

  it('costs a request for a change and none otherwise where the object is watched', async () => {
    const { api, requests } = await startAnsweringApi(({ body }) => ({ body }));
    const clock = new FakeClock();
    const logger = { info() {}, warn() {}, error() {} };
    let status: object = {};
    const watched: ObjectReader = {
      read: (reference, schema) =>
        Promise.resolve(parseAs({ metadata: { uid: 'u-1' }, status }, reference, schema)),
    };
    const writer = new KubernetesStatusWriter({ api, objects: watched, clock, logger });
    const record = aRunningRecord();
    const report = { canary: record.canary, status: canaryStatus(record), events: [] };
    for (let minutes = 0; minutes < 5; minutes += 1) {
      writer.write([report]);
      await writer.settled();
      status = { ...report.status };
      clock.advance(60_000);
    }
    expect(requests.map(({ method }) => method)).toEqual(['PATCH']);
  });

  it('is not written when it already says so, as after a restart', async () => {
    const { write, asked } = await aWriter(canaryStatus(aRunningRecord()));
    await write();
    expect(asked()).toEqual([`GET ${PATH}`]);
  });

  it('holds nobody up, and is written as it is when its turn comes', async () => {
    const { report, settled, requests } = await aWriter({});
    report(aRunningRecord({ phase: 'Initializing' }));
    report(aRunningRecord({ phase: 'Progressing' }));
    report(aRunningRecord({ phase: 'Promoting' }));
    await settled();
    const patches = requests.filter(({ method }) => method === 'PATCH');
    const phases = patches.map(({ body }) => (JSON.parse(body) as { status: object }).status);
    expect(phases).toMatchObject([{ phase: 'Initializing' }, { phase: 'Promoting' }]);
  });

  it('keeps the moment a condition changed while only its reason does', async () => {
    const { write, requests } = await aWriter({});
    await write();
    await write(aRunningRecord({ phase: 'Promoting', lastTransitionMs: T0_MS + 60_000 }));
    expect(JSON.parse(requests.at(-1)?.body ?? '')).toMatchObject({
      status: {
        conditions: [
          {
            reason: 'Promoting',
            lastUpdateTime: '2026-01-01T00:01:00Z',
            lastTransitionTime: '2026-01-01T00:00:00Z',
          },
        ],
      },
    });
  });

  it('is a warning once when it cannot be written, and is tried again', async () => {
    let isRefused = true;
    const refused = { status: 403, body: '{"message":"canaries/status is forbidden"}' };
    const { write, warnings, requests } = await aWriter({}, ({ method }) =>
      isRefused && method === 'PATCH' ? refused : {},
    );
    await write();
    await write();
    expect(warnings).toEqual([{ why: expect.stringContaining('canaries/status is forbidden') }]);
    isRefused = false;
    await write();
    expect(requests.at(-1)?.method).toBe('PATCH');
    expect(warnings).toHaveLength(1);
  });
});

describe('an event of a Canary', () => {
  it('names the object as kubectl describe looks for it', async () => {
    const { write, requests } = await aWriter(canaryStatus(aRunningRecord()));
    await write(aRunningRecord(), [EVENT]);
    expect(requests.at(-1)).toMatchObject({ method: 'POST', path: EVENTS });
    expect(JSON.parse(requests.at(-1)?.body ?? '')).toMatchObject({
      metadata: { generateName: 'reviews.', namespace: 'default' },
      involvedObject: {
        apiVersion: 'flagger.app/v1beta1',
        kind: 'Canary',
        namespace: 'default',
        name: 'reviews',
        uid: 'u-1',
      },
      reason: 'Synced',
      type: 'Normal',
      message: 'Advance',
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:00Z',
      count: 1,
    });
  });

  it('waits for an object that the agent has yet to apply, and is told once', async () => {
    const { write, asked, warnings, apply } = await aWriter(undefined);
    await write(aRunningRecord(), [EVENT]);
    apply();
    await write();
    await write();
    expect(asked().filter((each) => each === `POST ${EVENTS}`)).toHaveLength(1);
    expect(warnings).toEqual([]);
  });

  it('is one of 25 at once and of another one every five minutes, unless it is a warning', async () => {
    const { write, asked, clock } = await aWriter({});
    const told = () => asked().filter((each) => each === `POST ${EVENTS}`).length;
    for (let checks = 0; checks < 40; checks += 1) await write(aRunningRecord(), [EVENT]);
    expect(told()).toBe(25);
    await write(aRunningRecord(), [{ ...EVENT, type: 'Warning' }]);
    expect(told()).toBe(26);
    clock.advance(300_000);
    for (let checks = 0; checks < 2; checks += 1) await write(aRunningRecord(), [EVENT]);
    expect(told()).toBe(27);
  });

  it('that is refused is dropped with a warning', async () => {
    const { write, asked, warnings } = await aWriter({}, ({ path }) =>
      path === EVENTS ? { status: 403, body: '{}' } : {},
    );
    await write(aRunningRecord(), [EVENT]);
    await write();
    expect(asked().filter((each) => each === `POST ${EVENTS}`)).toHaveLength(1);
    expect(warnings).toHaveLength(1);
  });
});
