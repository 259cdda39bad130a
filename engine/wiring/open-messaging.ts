import { resolve } from 'node:path';
import { HttpNotifier } from '../adapters/alerts/http-notifier.ts';
import { readCredentials } from '../adapters/alerts/folder-credentials.ts';
import type { NotificationsConfig } from '../config/notifications-config.ts';
import type { DefaultAlert, Messaging } from '../controller/messaging.ts';
import { Outbox } from '../controller/outbox.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { SecretOutcome } from '../ports/secret-reader.ts';

interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  /** What relative paths in the configuration start from. */
  readonly folder: string;
}

/** Flagger's time for an event webhook. */
const EVENT_TIMEOUT_MS = 10_000;

/** Who is told of decisions, as `serin.yaml` and the canaries themselves say. */
export function openMessaging(
  { clusterName, alerts, eventWebhook }: NotificationsConfig,
  { clock, random, folder }: Surroundings,
): Messaging {
  return {
    notifier: new HttpNotifier({ clock, random }),
    outbox: new Outbox(),
    clusterName,
    defaults: alerts.map((alert, index) => defaultAlert(alert, index, folder)),
    eventWebhook:
      eventWebhook === undefined
        ? undefined
        : {
            name: 'serin.yaml',
            type: 'event',
            url: eventWebhook,
            timeoutMs: EVENT_TIMEOUT_MS,
            retries: 0,
            disableTls: false,
            muteAlert: false,
            metadata: {},
          },
  };
}

function defaultAlert(
  alert: NotificationsConfig['alerts'][number],
  index: number,
  folder: string,
): DefaultAlert {
  const { type, severity, address, credentials, channel, username, proxy } = alert;
  const written: SecretOutcome = { kind: 'read', values: { address: address ?? '' } };
  return {
    name: `notifications.alerts[${index}]`,
    severity,
    receiver: { service: type, channel, username, ...(proxy === undefined ? {} : { proxy }) },
    credentials: () =>
      credentials === undefined
        ? Promise.resolve(written)
        : readCredentials(resolve(folder, credentials)),
  };
}

/** How long an engine that ends goes on sending what it has decided. */
const PATIENCE_MS = 10_000;

/** Gives what is still to be sent its time; the rest is said and forgotten. */
export async function closeMessaging(
  { outbox }: Messaging,
  clock: Clock,
  logger: Logger,
): Promise<void> {
  const settled = new AbortController();
  await Promise.race([
    outbox.settled().then(() => settled.abort()),
    clock.sleep(PATIENCE_MS, settled.signal),
  ]);
  if (outbox.length > 0) logger.warn('messages were not sent', { count: outbox.length });
}
