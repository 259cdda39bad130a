import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseOperatorConfig } from '../../support/operator-config.ts';
import { closeMessaging, openMessaging } from '../../../engine/wiring/open-messaging.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { temporaryFolder } from '../../support/git-sandbox.ts';

function open(notifications: string, folder = '/nowhere') {
  const text = `source: { folder: . }\ndelivery: { repository: ., branch: d }\nnotifications: ${notifications}\n`;
  const loaded = parseOperatorConfig(text, 'serin.yaml');
  if ('problems' in loaded) throw new Error(loaded.problems[0]?.message);
  const random = { next: () => 0 };
  return openMessaging(loaded.config.notifications, { clock: new FakeClock(), random, folder });
}

describe('the receivers of serin.yaml', () => {
  it('are known by their place in it, never by their address', async () => {
    const { defaults } = open('{ alerts: [{ type: gchat, address: "https://chat.test/1" }] }');
    expect(defaults[0]?.name).toBe('notifications.alerts[0]');
    expect(await defaults[0]?.credentials()).toEqual({
      kind: 'read',
      values: { address: 'https://chat.test/1' },
    });
  });

  it('read a folder beside it anew each time, because secrets are replaced', async () => {
    const folder = temporaryFolder();
    const { defaults } = open('{ alerts: [{ type: slack, credentials: . }] }', folder);
    const why = `there is no file address or token that can be read in ${folder}`;
    expect(await defaults[0]?.credentials()).toEqual({ kind: 'unread', why });
    writeFileSync(join(folder, 'address'), 'https://hooks.test/1\n');
    writeFileSync(join(folder, 'token'), 'xoxb-1\n');
    expect(await defaults[0]?.credentials()).toEqual({
      kind: 'read',
      values: { address: 'https://hooks.test/1\n', token: 'xoxb-1\n' },
    });
  });

  it('are told of events with Flagger’s time for an answer', () => {
    const { eventWebhook } = open('{ eventWebhook: "https://audit.test/" }');
    expect(eventWebhook).toMatchObject({ type: 'event', timeoutMs: 10_000, retries: 0 });
    expect(open('{}').eventWebhook).toBeUndefined();
  });
});

describe('an engine that ends', () => {
  const SENT = { kind: 'sent' } as const;

  function aLogger() {
    const logged: unknown[] = [];
    return {
      logged,
      logger: {
        info() {},
        warn: (_: string, fields: unknown) => void logged.push(fields),
        error() {},
      },
    };
  }

  it('waits until everything is sent', async () => {
    const messaging = open('{}');
    const { logger, logged } = aLogger();
    let isSent = false;
    messaging.outbox.post('chat', async () => {
      await new Promise((resolve) => setImmediate(resolve));
      isSent = true;
      return SENT;
    });
    const patient = { nowMs: () => 0, sleep: () => new Promise<void>(() => {}) };
    await closeMessaging(messaging, patient, logger);
    expect([isSent, logged]).toEqual([true, []]);
  });

  it('does not wait for ever, and says how much was left', async () => {
    const messaging = open('{}');
    const { logger, logged } = aLogger();
    const clock = new FakeClock();
    messaging.outbox.post('chat', () => new Promise(() => {}));
    messaging.outbox.post('chat', () => Promise.resolve(SENT));
    await closeMessaging(messaging, clock, logger);
    expect(clock.slept).toEqual([10_000]);
    expect(logged).toEqual([{ count: 2 }]);
  });
});
