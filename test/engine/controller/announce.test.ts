import { describe, expect, it } from 'vitest';
import type { AlertProvider, CanarySpec, Webhook } from '../../../constructs/canary-spec.ts';
import { announce } from '../../../engine/controller/announce.ts';
import type { EnginePorts } from '../../../engine/controller/engine-ports.ts';
import type { Messaging } from '../../../engine/controller/messaging.ts';
import { Outbox } from '../../../engine/controller/outbox.ts';
import { runPass } from '../../../engine/controller/pass.ts';
import type { Taken } from '../../../engine/controller/taken.ts';
import type { Change } from '../../../engine/core/decision.ts';
import type { Alert, AlertCredentials, NotifyOutcome } from '../../../engine/ports/notifier.ts';
import type { SecretOutcome } from '../../../engine/ports/secret-reader.ts';
import type { WebhookOutcome } from '../../../engine/ports/webhook-client.ts';
import { aRunningRecord, aSpec, BASE, T0_MS, TIP } from '../../support/builders.ts';
import { collectedTelemetry } from '../../support/collected-telemetry.ts';
import { World } from '../../simulation/world.ts';

interface Told {
  readonly messaging?: Partial<Messaging>;
  readonly analysis?: Partial<CanarySpec['analysis']>;
  readonly change?: Change;
  readonly secret?: SecretOutcome;
  readonly notified?: NotifyOutcome;
  readonly called?: WebhookOutcome;
}

const FINISH: Change = { kind: 'finish', reason: 'because' };
const ADDRESS: SecretOutcome = { kind: 'read', values: { address: ' https://hooks.test/1\n' } };

/** Announces one decision and waits until everybody has been told. */
async function tell(told: Told = {}) {
  const { change = FINISH, secret = ADDRESS, analysis, notified = { kind: 'sent' } } = told;
  const spec = aSpec(analysis);
  const sent: {
    readonly alert: Alert;
    readonly channel: string;
    readonly with: AlertCredentials;
  }[] = [];
  const calls: unknown[] = [];
  const logged: unknown[] = [];
  const { telemetry, told: counted } = collectedTelemetry();
  const messaging: Messaging = {
    outbox: new Outbox(),
    notifier: {
      send(alert, { channel }, credentials) {
        sent.push({ alert, channel, with: credentials });
        return Promise.resolve(notified);
      },
    },
    defaults: [],
    ...told.messaging,
  };
  const world = new World(1);
  const ports: EnginePorts = {
    ...world.ports(),
    messaging,
    logger: { info() {}, warn: (_, fields) => void logged.push(fields), error() {} },
    webhooks: {
      call({ name, metadata }, payload) {
        calls.push({ to: name, metadata, payload });
        return Promise.resolve(told.called ?? { kind: 'ok', status: 200 });
      },
    },
    telemetry,
  };
  const draft = { message: '', changes: [], atMs: T0_MS };
  const after = aRunningRecord({ phase: 'Succeeded' });
  const taken: Taken[] = [{ change, before: aRunningRecord(), after, draft }];
  const result = { kind: 'committed', subjects: [] } as const;
  const outcome = { canary: after.canary, record: after, result };
  announce(
    ports,
    {
      proposals: [{ outcome, drafts: [draft], urgent: false, taken }],
      specs: new Map([[after.canary, spec]]),
      secrets: { read: () => Promise.resolve(secret) },
    },
    new Map([[draft, TIP]]),
  );
  await messaging.outbox.settled();
  return { sent, calls, logged, counted: counted.told };
}

function aDefault(differing: Partial<Messaging['defaults'][number]> = {}) {
  const receiver = { service: 'slack', channel: 'engine', username: 'flagger' } as const;
  const credentials = () => Promise.resolve(ADDRESS);
  return { name: 'default', severity: 'info', receiver, credentials, ...differing } as const;
}

const provider: AlertProvider = {
  namespace: 'default',
  name: 'chat',
  service: 'slack',
  channel: 'own',
  username: 'flagger',
  address: { from: 'secret', secretName: 'chat' },
};
const own = { name: 'chat', severity: 'info', provider } as const;

describe('an alert', () => {
  it('says what was decided, of which run and by which commit', async () => {
    const { sent } = await tell({ messaging: { defaults: [aDefault()], clusterName: 'eu-1' } });
    expect(sent.map(({ alert }) => alert)).toEqual([
      {
        name: 'reviews',
        namespace: 'default',
        severity: 'info',
        message: 'Canary analysis completed successfully, promotion finished.',
        fields: [{ name: 'Cluster', value: 'eu-1' }],
        phase: 'Succeeded',
        run: `default/reviews ${BASE.slice(0, 12)}`,
        revision: 'two',
        commit: TIP,
        atMs: T0_MS,
      },
    ]);
  });

  it('goes to the canary’s own channels, and to the engine’s only when it has none', async () => {
    const messaging = { defaults: [aDefault()] };
    const channels = async (told: Told) => (await tell(told)).sent.map(({ channel }) => channel);
    expect(await channels({ messaging })).toEqual(['engine']);
    expect(await channels({ messaging, analysis: { alerts: [own] } })).toEqual(['own']);
  });

  it('goes to nobody who asked for worse', async () => {
    const alerts = [{ ...own, severity: 'error' } as const, own];
    expect((await tell({ analysis: { alerts } })).sent).toHaveLength(1);
  });

  it('takes address and token out of a Secret, without the line breaks people leave there', async () => {
    const secret: SecretOutcome = {
      kind: 'read',
      values: { address: 'https://hooks.test/1\n', token: 'xoxb-1\n' },
    };
    const { sent } = await tell({ analysis: { alerts: [own] }, secret });
    expect(sent[0]?.with).toEqual({ address: 'https://hooks.test/1', token: 'xoxb-1' });
  });

  it.each<[string, Partial<Told>, string]>([
    ['a Secret that cannot be read', { secret: { kind: 'unread', why: 'forbidden' } }, 'forbidden'],
    [
      'a Secret without an address',
      { secret: { kind: 'read', values: {} } },
      'its Secret has no key address',
    ],
    ['a service that refuses', { notified: { kind: 'failed', why: 'HTTP 404' } }, 'HTTP 404'],
  ])('ends at %s with a line in the log, and nothing else', async (_, told, why) => {
    const { logged, counted } = await tell({ analysis: { alerts: [own] }, ...told });
    const line = { canary: 'default/reviews', kind: 'alert', to: 'default/chat', why };
    expect(logged).toEqual([line]);
    expect(counted).toEqual([{ kind: 'alert', outcome: 'failed' }]);
  });

  it('survives a bug in whoever sends it, without quoting it', async () => {
    const notifier = { send: () => Promise.reject(new TypeError('https://hooks.test/secret')) };
    const { logged } = await tell({ analysis: { alerts: [own] }, messaging: { notifier } });
    expect(logged).toMatchObject([{ why: 'TypeError' }]);
  });

  it('is dropped when too many wait for its channel', async () => {
    const outbox = new Outbox();
    for (let at = 0; at < 101; at += 1) outbox.post('alert default', aSlowSend);
    const { sent, counted } = await tell({ messaging: { outbox, defaults: [aDefault()] } });
    expect(sent).toEqual([]);
    expect(counted).toEqual([{ kind: 'alert', outcome: 'dropped' }]);
  });
});

const aSlowSend = () =>
  new Promise<{ kind: 'sent' }>((resolve) => setImmediate(() => resolve({ kind: 'sent' })));

function aHook(differing: Partial<Webhook> = {}): Webhook {
  return {
    name: 'audit',
    type: 'event',
    url: 'http://audit.test/',
    timeoutMs: 1_000,
    retries: 0,
    disableTls: false,
    muteAlert: false,
    metadata: {},
    ...differing,
  };
}

describe('an event webhook', () => {
  it('is called with Flagger’s payload, whose keys win over its own', async () => {
    const metadata = { team: 'x', eventType: 'mine' };
    const { calls } = await tell({ analysis: { webhooks: [aHook({ metadata })] } });
    expect(calls).toEqual([
      {
        to: 'audit',
        metadata: {
          team: 'x',
          eventType: 'Normal',
          eventMessage: 'Promotion completed! Scaling down reviews.default',
          timestamp: String(T0_MS),
        },
        payload: { name: 'reviews', namespace: 'default', phase: 'Succeeded', checksum: 'two' },
      },
    ]);
  });

  it('of the engine is called for canaries without one of their own', async () => {
    const messaging = { eventWebhook: aHook({ name: 'engine' }) };
    const check = aHook({ name: 'load', type: 'rollout' });
    expect((await tell({ messaging, analysis: { webhooks: [check] } })).calls).toMatchObject([
      { to: 'engine' },
    ]);
    expect((await tell({ messaging, analysis: { webhooks: [aHook()] } })).calls).toMatchObject([
      { to: 'audit' },
    ]);
  });

  it.each([
    ['HTTP 500 cannot POST /secret', 'HTTP 500'],
    ['no answer within 1000 ms', 'no answer within 1000 ms'],
    ['connect ECONNREFUSED secret.test:80', 'the connection failed'],
  ])('that fails with %j is logged as %j', async (why, shown) => {
    const { logged } = await tell({
      analysis: { webhooks: [aHook()] },
      called: { kind: 'failed', why },
    });
    expect(logged).toMatchObject([{ kind: 'event', to: 'audit', why: shown }]);
  });
});

describe('a pass', () => {
  function aWorld() {
    const world = new World(1);
    for (const part of [world.repository, world.cluster, world.source]) part.faults = false;
    const calls: string[] = [];
    const messaging: Messaging = {
      outbox: new Outbox(),
      notifier: { send: () => Promise.resolve({ kind: 'sent' }) },
      defaults: [],
      eventWebhook: aHook(),
    };
    const webhooks: EnginePorts['webhooks'] = {
      call({ metadata }) {
        calls.push(metadata['eventMessage'] ?? '');
        return Promise.resolve({ kind: 'ok', status: 200 });
      },
    };
    return { ports: { ...world.ports(), messaging, webhooks }, messaging, calls };
  }

  it('tells of each decision once', async () => {
    const { ports, messaging, calls } = aWorld();
    await runPass(ports);
    await messaging.outbox.settled();
    const { length } = calls;
    expect(length).toBeGreaterThan(0);
    await runPass(ports);
    await messaging.outbox.settled();
    expect(new Set(calls).size).toBe(calls.length);
  });

  it('tells nobody of a decision that did not reach the branch', async () => {
    const { ports, messaging, calls } = aWorld();
    const { delivery } = ports;
    const refusing = {
      refresh: () => delivery.refresh(),
      list: delivery.list.bind(delivery),
      items: delivery.items.bind(delivery),
      read: delivery.read.bind(delivery),
      containment: delivery.containment.bind(delivery),
      history: delivery.history.bind(delivery),
      publish: () => Promise.resolve({ kind: 'unreachable' as const, why: 'simulated' }),
    };
    await runPass({ ...ports, delivery: refusing });
    await messaging.outbox.settled();
    expect(calls).toEqual([]);
  });

  it('does not wait for anybody who is told', async () => {
    const { ports } = aWorld();
    const silent = { call: () => new Promise<never>(() => {}) };
    const result = await runPass({ ...ports, webhooks: silent });
    expect(result.canaries.some(({ result: { kind } }) => kind === 'committed')).toBe(true);
  });
});
