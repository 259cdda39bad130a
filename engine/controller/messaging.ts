import type { AlertReceiver, AlertSeverity, Webhook } from '../../constructs/canary-spec.ts';
import type { Notifier } from '../ports/notifier.ts';
import type { SecretOutcome } from '../ports/secret-reader.ts';
import type { Outbox } from './outbox.ts';

/** How people, and programs that are no part of a rollout, are told of decisions. */
export interface Messaging {
  readonly notifier: Notifier;
  readonly outbox: Outbox;
  /** Shown in alerts, where several clusters write to one channel. */
  readonly clusterName?: string | undefined;
  /** For canaries that name no alerts of their own. */
  readonly defaults: readonly DefaultAlert[];
  /** For canaries without an `event` webhook of their own. */
  readonly eventWebhook?: Webhook | undefined;
}

export interface DefaultAlert {
  readonly name: string;
  readonly severity: AlertSeverity;
  readonly receiver: AlertReceiver;
  /** With the keys `address` and, where there is one, `token`. */
  readonly credentials: () => Promise<SecretOutcome>;
}
